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
 * line and paragraph separators. Characters that only choose how another one is
 * drawn are included (variation selectors, the joiner of emoji): text encoded
 * in them is invisible, and can be as long as its writer likes. Source:
 * Unicode, general categories Cc, Cf, Zl, Zp, Co and Cs, and the property
 * Default_Ignorable_Code_Point.
 */
const UNSAFE =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** Replaces each of these characters by what `escape` makes of it. */
export function replaceUnsafe(
  text: string,
  escape: (character: string) => string,
): string {
  return text.replace(UNSAFE, escape);
}

/**
 * A character as text for people shows it: `\x1b`, `\u{202e}`. The same
 * wherever a name stands, so that it can be found again.
 */
export function escapeShown(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
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
