// SPDX-License-Identifier: MIT
/**
 * Text for a terminal: what a guest wrote can neither command the terminal nor
 * pass for a line that it is not.
 *
 * @module
 */
import { escapeShown, replaceUnsafe } from "../console/unsafe_text.ts";
import type { OutputBuffer } from "./buffer.ts";

const TAB = 0x09;
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Tabs are harmless. */
function escape(character: string): string {
  return character === "\t" ? character : escapeShown(character);
}

/** A line made safe: unsafe characters as escapes, line ends too. */
export function safeLine(text: string): string {
  return replaceUnsafe(text, escape);
}

/**
 * Appends bytes as part of one line, made safe; what is no UTF-8 becomes
 * U+FFFD.
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

/** Printable ASCII and tabs only: as good as all that is ever logged. */
function isPlain(source: Uint8Array, offset: number, end: number): boolean {
  for (let i = offset; i < end; i++) {
    const byte = source[i];
    if ((byte < 0x20 && byte !== TAB) || byte >= 0x7f) return false;
  }
  return true;
}
