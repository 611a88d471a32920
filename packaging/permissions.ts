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

/**
 * Lists arguments that take packages from npm, pinned by the hashes in a lock.
 *
 * @param lock Path of the lock, from the root of the repository.
 */
function npmImports(lock: string): string[] {
  return ["--import-map=npm/imports.json", `--lock=${lock}`, "--frozen"];
}

/** Arguments that take packages from npm, the same that deno.json uses. */
export const NPM_IMPORTS: readonly string[] = npmImports("deno.lock");

/**
 * The same for tests, which need one package more. It has a lock of its own
 * because Deno downloads all that a lock names, and compiles it in.
 */
export const TEST_IMPORTS: readonly string[] = npmImports("tests/deno.lock");
