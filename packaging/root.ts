// SPDX-License-Identifier: MIT
/**
 * Where the repository is.
 *
 * @module
 */

/** Absolute path of the repository, without a slash at its end. */
export const ROOT: string = decodeURIComponent(
  new URL("..", import.meta.url).pathname,
).replace(/\/$/, "");
