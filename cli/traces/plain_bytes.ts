// SPDX-License-Identifier: MIT
/**
 * Texts in records that another tool will print as they are: made such that
 * they command no terminal and end no line, without changing their length.
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

/** Whether these bytes are text that is safe to print. */
function isSafe(bytes: Uint8Array): boolean {
  try {
    let safe = true;
    replaceUnsafe(DECODER.decode(bytes), (character) => {
      safe = false;
      return character;
    });
    return safe;
  } catch {
    return false; // no UTF-8
  }
}

/**
 * Replaces what is not safe in a text by question marks, in place; a newline
 * at its end by a NUL.
 *
 * @param most The text ends there, or at its first NUL.
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
