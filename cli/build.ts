// SPDX-License-Identifier: MIT
/**
 * What kind of build this is. If `packaging/compile.ts` cannot make a proper
 * build, it replaces this file by `packaging/test_build.ts`.
 *
 * @module
 */

/** Added to the version, such as " (test build)"; empty in a proper build. */
export const BUILD_NOTE: string = "";
