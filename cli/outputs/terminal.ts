// SPDX-License-Identifier: MIT
/**
 * Text for a terminal: what a guest wrote can neither command the terminal nor
 * pass for a line that it is not.
 *
 * @module
 */
import { replaceUnsafe } from "../unsafe_text.ts";
import type { OutputBuffer } from "./buffer.ts";

const NEWLINE = 0x0a;
const TAB = 0x09;
/** In front of each further line of a message. */
const CONTINUED = new TextEncoder().encode("  | ");
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Shorter than JSON's; tabs are harmless, and lines continued below. */
function escape(character: string): string {
  if (character === "\n" || character === "\t") return character;
  const code = character.codePointAt(0)!.toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
}

/**
 * Appends a message's bytes, made safe: unsafe characters as escapes, what is
 * no UTF-8 as U+FFFD, further lines marked as continued. A newline at its end
 * is left to the caller, whether there or not.
 */
export function appendSafe(
  into: OutputBuffer,
  source: Uint8Array,
  offset: number,
  count: number,
): void {
  const ended = count > 0 && source[offset + count - 1] === NEWLINE;
  const end = offset + count - (ended ? 1 : 0);
  if (isPlain(source, offset, end)) {
    into.append(source, offset, end - offset);
    return;
  }
  const decoded = DECODER.decode(source.subarray(offset, end));
  const text = replaceUnsafe(decoded, escape);
  for (const [i, line] of text.split("\n").entries()) {
    if (i > 0) {
      into.appendByte(NEWLINE);
      into.append(CONTINUED, 0, CONTINUED.length);
    }
    into.appendText(line);
  }
}

/** Printable ASCII and tabs only: as good as all that is ever logged. */
function isPlain(source: Uint8Array, offset: number, end: number): boolean {
  for (let i = offset; i < end; i++) {
    const byte = source[i];
    if ((byte < 0x20 && byte !== TAB) || byte >= 0x7f) return false;
  }
  return true;
}
