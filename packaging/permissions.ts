// SPDX-License-Identifier: MIT
/**
 * The reader's permissions, and how this repository's programs are started.
 *
 * @module
 */

/**
 * The reader's permissions. Logs, traces and cursors need files; colours need
 * NO_COLOR and TERM; the configuration file needs IVRING_CONFIG. Deno's FFI
 * makes all of them advisory, because a program that may call C may do
 * anything. FFI's own permission cannot be narrower, because Deno takes a
 * library's name for a path in the current directory.
 */
export const READER_PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-ffi",
  "--allow-read",
  "--allow-write",
  "--allow-env=NO_COLOR,TERM,IVRING_CONFIG,IVRING_DEBUG",
];

/** The path of the map of packages to npm, from the root of the repository. */
export const NPM_MAP: string = "npm/imports.json";

/**
 * Lists arguments that take packages from npm, pinned by the hashes in a lock.
 *
 * @param lock Path of the lock, from the root of the repository.
 * @param map Path of the map, which names the same packages as `NPM_MAP`.
 */
export function npmImports(lock: string, map: string = NPM_MAP): string[] {
  return [`--import-map=${map}`, `--lock=${lock}`, "--frozen"];
}

/** The path of the reader's lock, from the root of the repository. */
export const READER_LOCK: string = "deno.lock";

/** Arguments that take packages from npm, the same that deno.json uses. */
export const NPM_IMPORTS: readonly string[] = npmImports(READER_LOCK);

/**
 * The same for tests, which need one package more. It has a lock of its own
 * because Deno downloads all that a lock names, and compiles it in.
 */
export const TEST_IMPORTS: readonly string[] = npmImports("tests/deno.lock");
