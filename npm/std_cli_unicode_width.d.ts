// SPDX-License-Identifier: MIT
/**
 * What this project uses of `@std/cli/unicode-width`, and what
 * `std_cli_unicode_width.ts` makes of a package on npm.
 *
 * @module
 */

/**
 * Columns that a text takes on a terminal.
 *
 * @param str Without controls: their width is undefined.
 */
export function unicodeWidth(str: string): number;
