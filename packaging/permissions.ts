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

/** Arguments to take packages from npm, pinned by hash, as deno.json does. */
export const NPM_IMPORTS: readonly string[] = [
  "--import-map=npm/imports.json",
  "--lock=deno.lock",
  "--frozen",
];
