// SPDX-License-Identifier: MIT
// Stands in for `@std/cli/unicode-width` if only npm is reachable. That of
// deno-std is not used, because the table that it reads is missing there.
import { eastAsianWidth } from "get-east-asian-width";

/**
 * Characters without a width of their own: marks stand on the character before
 * them, and vowels and finals of Hangul join it.
 */
const WIDTHLESS =
  /[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}\u1160-\u11ff]/u;

export function unicodeWidth(str: string): number {
  let width = 0;
  for (const character of str) {
    if (WIDTHLESS.test(character)) continue;
    width += eastAsianWidth(character.codePointAt(0)!);
  }
  return width;
}
