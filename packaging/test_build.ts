// SPDX-License-Identifier: MIT
/**
 * Takes the place of `cli/build.ts` in a test build.
 *
 * @module
 */

/** Added to the version, because a test build is not for release. */
export const BUILD_NOTE: string = " (test build)";
