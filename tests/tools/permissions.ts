// SPDX-License-Identifier: MIT
/**
 * What the reader may do, and how this repository's programs are started.
 *
 * @module
 */

/**
 * The reader's permissions. `record` needs the files and, with fs-extra in the
 * place of `@std/fs`, leave to look at three variables; colours, at NO_COLOR.
 * Deno's FFI makes all of them advisory: what may call C may do anything. They
 * cannot be narrower: Deno takes a library's name for a path in the current
 * directory.
 */
export const READER_PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-ffi",
  "--allow-read",
  "--allow-write",
  "--allow-env=NO_COLOR,GRACEFUL_FS_PLATFORM,NODE_DEBUG," +
  "TEST_GRACEFUL_FS_GLOBAL_PATCH",
];

/** Names resolved on npm, pinned by hash; as in the tasks of deno.json. */
export const NPM_IMPORTS: readonly string[] = [
  "--import-map=imports.npm.json",
  "--lock=deno.lock",
  "--frozen",
];
