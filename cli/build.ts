// SPDX-License-Identifier: MIT
/**
 * Which kind of build this is. `packaging/compile.ts` puts another file in
 * this one's place where it cannot make a proper one.
 *
 * @module
 */

/** Added to the version, such as " (test build)"; empty in a proper build. */
export const BUILD_NOTE: string = "";
