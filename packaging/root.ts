// SPDX-License-Identifier: MIT
/**
 * The place of the repository.
 *
 * @module
 */

/** Absolute path of the repository, without a slash at its end. */
export const ROOT: string = decodeURIComponent(
  new URL("..", import.meta.url).pathname,
).replace(/\/$/, "");
