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

/** Replaces each unsafe character by what `escape` returns for it. */
export function replaceUnsafe(
  text: string,
  escape: (character: string) => string,
): string {
  return text.replace(UNSAFE, escape);
}

/**
 * Escapes a character for people, such as `\x1b` or `\u{202e}`. A name is
 * escaped the same way everywhere, so that it can be searched for.
 */
export function escapeShown(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
}

/**
 * Escapes a character as JSON and JavaScript do: as `\uXXXX`, or as two of
 * these if it needs two UTF-16 units.
 */
export function escapeUtf16(character: string): string {
  let escaped = "";
  for (let i = 0; i < character.length; i++) {
    const unit = character.charCodeAt(i).toString(16);
    escaped += `\\u${unit.padStart(4, "0")}`;
  }
  return escaped;
}
