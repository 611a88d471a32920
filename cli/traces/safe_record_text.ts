// SPDX-License-Identifier: MIT
/**
 * Makes texts in records safe, because other tools will print them as they are.
 * Afterwards they command no terminal and end no line. Their length is
 * unchanged.
 *
 * @module
 */
import { textBytes } from "../../ring/events/payload.ts";
import { replaceUnsafe } from "../console/unsafe_text.ts";

const NEWLINE = 0x0a;
const BLANK = 0x20;
const DELETE = 0x7f;
const MARK = 0x3f; // "?"
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Tells whether bytes are text that is safe to print. */
function isSafe(bytes: Uint8Array): boolean {
  try {
    let safe = true;
    replaceUnsafe(DECODER.decode(bytes), (character) => {
      safe = false;
      return character;
    });
    return safe;
  } catch {
    return false; // invalid UTF-8
  }
}

/**
 * Replaces what is not safe in a text by question marks, in place, and a
 * newline at its end by a NUL.
 *
 * @param most The most bytes of the text, which ends at its first NUL, if any.
 */
export function makePlain(
  bytes: Uint8Array,
  offset: number,
  most: number,
): void {
  let length = textBytes(bytes, offset, most);
  if (length > 0 && bytes[offset + length - 1] === NEWLINE) {
    length--;
    bytes[offset + length] = 0;
  }
  const text = bytes.subarray(offset, offset + length);
  let beyond = false;
  for (let i = 0; i < length; i++) {
    if (text[i] < BLANK || text[i] === DELETE) text[i] = MARK;
    beyond ||= text[i] > DELETE;
  }
  if (!beyond || isSafe(text)) return;
  for (let i = 0; i < length; i++) if (text[i] > DELETE) text[i] = MARK;
}
