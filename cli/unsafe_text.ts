// SPDX-License-Identifier: MIT
/**
 * Characters that are not shown as they are, wherever a guest's text may meet
 * a terminal: in messages, in notes, in JSON.
 *
 * @module
 */

/**
 * Controls, which move the cursor and more; direction marks and overrides,
 * which reorder what is read; characters without width or look, which hide;
 * line and paragraph separators.
 * Source: Unicode 15.1, general categories Cc, Cf, Zl, Zp, Co and Cs, and
 * U+115F, U+1160, U+3164, U+FFA0, which are blank letters.
 */
const UNSAFE =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\u115f\u1160\u3164\uffa0]/gu;

/** Replaces each of these characters by what `escape` makes of it. */
export function replaceUnsafe(
  text: string,
  escape: (character: string) => string,
): string {
  return text.replace(UNSAFE, escape);
}

/** A character as JSON and JavaScript escape it: `\uXXXX`, once or twice. */
export function escapeUtf16(character: string): string {
  let escaped = "";
  for (let i = 0; i < character.length; i++) {
    const unit = character.charCodeAt(i).toString(16);
    escaped += `\\u${unit.padStart(4, "0")}`;
  }
  return escaped;
}
