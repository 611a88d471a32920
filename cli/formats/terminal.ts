// SPDX-License-Identifier: MIT
/**
 * Makes text safe for a terminal: what a guest wrote can neither command the
 * terminal nor pass for a line that it is not.
 *
 * @module
 */
import { escapeShown, replaceUnsafe } from "../console/unsafe_text.ts";
import type { OutputBuffer } from "./output_buffer.ts";

const TAB = 0x09;
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Escapes a character, unless it is a tab, which is harmless. */
function escape(character: string): string {
  return character === "\t" ? character : escapeShown(character);
}

/** Escapes the unsafe characters of a line, and line ends within it. */
export function safeLine(text: string): string {
  return replaceUnsafe(text, escape);
}

/**
 * Appends bytes, made safe, as part of one line; invalid UTF-8 becomes U+FFFD.
 */
export function appendSafe(
  into: OutputBuffer,
  source: Uint8Array,
  offset: number,
  count: number,
): void {
  if (isPlain(source, offset, offset + count)) {
    into.append(source, offset, count);
    return;
  }
  const text = DECODER.decode(source.subarray(offset, offset + count));
  into.appendText(safeLine(text));
}

/**
 * Tells whether there are only printable ASCII characters and tabs, as in
 * almost all that is ever logged.
 */
function isPlain(source: Uint8Array, offset: number, end: number): boolean {
  for (let i = offset; i < end; i++) {
    const byte = source[i];
    if ((byte < 0x20 && byte !== TAB) || byte >= 0x7f) return false;
  }
  return true;
}
