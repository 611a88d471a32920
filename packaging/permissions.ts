// SPDX-License-Identifier: MIT
/**
 * What the reader may do, and how this repository's programs are started.
 *
 * @module
 */

/**
 * The reader's permissions. Logs, traces and cursors need the files; colours, a
 * look at NO_COLOR; options for every command line, one at IVRING_CONFIG. Deno's
 * FFI makes all of them advisory: what may call C may do anything. They cannot be
 * narrower: Deno takes a library's name for a path in the current directory.
 */
export const READER_PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-ffi",
  "--allow-read",
  "--allow-write",
  "--allow-env=NO_COLOR,TERM,IVRING_CONFIG,IVRING_DEBUG",
];

/** Names resolved on npm, pinned by hash; as in the tasks of deno.json. */
export const NPM_IMPORTS: readonly string[] = [
  "--import-map=npm/imports.json",
  "--lock=deno.lock",
  "--frozen",
];
