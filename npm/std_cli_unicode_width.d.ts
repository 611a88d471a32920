// SPDX-License-Identifier: MIT
/**
 * The part of `@std/cli/unicode-width` that this project uses. The file
 * `std_cli_unicode_width.ts` provides it by means of a package on npm.
 *
 * @module
 */

/**
 * Returns how many columns a text takes on a terminal.
 *
 * @param str A text without control characters, whose width is undefined.
 */
export function unicodeWidth(str: string): number;
