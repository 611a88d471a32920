// SPDX-License-Identifier: MIT
// `@std/cli/unicode-width` where only npm is reachable. Not of deno-std, which
// lacks the table that its own module reads.
import { eastAsianWidth } from "get-east-asian-width";

/** Marks stand on the character before them; vowels and finals of Hangul join. */
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
