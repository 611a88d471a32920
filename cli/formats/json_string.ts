// SPDX-License-Identifier: MIT
/**
 * Appends texts as JSON strings. If a text is plain ASCII, it is never made a
 * string of JavaScript's, which would take longer.
 *
 * @module
 */
import { escapeUtf16, replaceUnsafe } from "../console/unsafe_text.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import { BEYOND_BYTES, type PayloadSource } from "./copy_payload.ts";
import { HEX } from "./append_number.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
/** Room for one escaped byte: \u001f. */
const ESCAPED_BYTES = 6;
const NON_ASCII = 255;

/**
 * How each byte is written: 0 for as it is, `NON_ASCII` for one that cannot be
 * written here, else the letter behind the backslash ("u" is followed by four
 * hex digits).
 */
const ESCAPES = new Uint8Array(256).map((_, byte) => {
  if (byte >= 0x80) return NON_ASCII;
  if (byte >= 0x20 && byte < 0x7f) {
    return byte === QUOTE || byte === BACKSLASH ? byte : 0;
  }
  const short: Record<number, string> = {
    8: "b",
    9: "t",
    10: "n",
    12: "f",
    13: "r",
  };
  return (short[byte] ?? "u").charCodeAt(0);
});
const LETTER_U = 0x75;

/** A byte times this is a word with that byte in all four places. */
const ONES = 0x01010101;
const TOPS = 0x80808080;
const BLANKS = 0x20 * ONES;
/**
 * Turns a quote into a blank by XOR, and keeps what is below a blank below it.
 */
const QUOTE_TO_BLANK = (QUOTE ^ 0x20) * ONES;
const ABOVE_BLANK = 0x21 * ONES;
const BACKSLASHES = BACKSLASH * ONES;

/** Appends bytes as a JSON string; invalid UTF-8 becomes U+FFFD. */
export function appendJsonString(
  into: OutputBuffer,
  source: Uint8Array,
  offset: number,
  count: number,
): void {
  const bytes = into.reserve(count * ESCAPED_BYTES + 2);
  let at = into.length;
  bytes[at++] = QUOTE;
  at = escapeBytes(bytes, at, source, offset, offset + count);
  if (at < 0) return appendDecoded(into, source, offset, count);
  bytes[at++] = QUOTE;
  into.filled(at);
}

/**
 * Does what `appendJsonString` does, but copies eight bytes at a time if none
 * of them has to be escaped.
 *
 * @param offset Where in the source to begin; a multiple of 8.
 */
export function appendJsonPayload(
  into: OutputBuffer,
  source: PayloadSource,
  offset: number,
  count: number,
): void {
  const bytes = into.reserve(count * ESCAPED_BYTES + 2 + BEYOND_BYTES);
  const { view } = into;
  const { words, longs } = source;
  const end = offset + count;
  let at = into.length;
  bytes[at++] = QUOTE;
  let from = offset;
  for (; from + 8 <= end; from += 8) {
    const w = from >>> 2;
    if (isPlain(words[w], words[w + 1])) {
      view.setBigUint64(at, longs[from >>> 3], true);
      at += 8;
      continue;
    }
    at = escapeBytes(bytes, at, source.bytes, from, from + 8);
    if (at < 0) return appendDecoded(into, source.bytes, offset, count);
  }
  if (from < end && isPlainBefore(words, from, end)) {
    view.setBigUint64(at, longs[from >>> 3], true);
    at += end - from;
  } else at = escapeBytes(bytes, at, source.bytes, from, end);
  if (at < 0) return appendDecoded(into, source.bytes, offset, count);
  bytes[at++] = QUOTE;
  into.filled(at);
}

/** Tells whether none of eight bytes has to be escaped. */
function isPlain(low: number, high: number): boolean {
  return ((escapesIn(low) | escapesIn(high)) & TOPS) === 0;
}

/** Does the same for the fewer than eight bytes from `at` to `end`. */
function isPlainBefore(words: Uint32Array, at: number, end: number): boolean {
  const low = Math.min(end - at, 4);
  const behindLow = low === 4 ? 0 : -1 << 8 * low;
  const behindHigh = -1 << 8 * (end - at - low);
  const w = at >>> 2;
  return isPlain(
    words[w] & ~behindLow | BLANKS & behindLow,
    words[w + 1] & ~behindHigh | BLANKS & behindHigh,
  );
}

/**
 * Looks for bytes below 0x20 or from 0x7f on, quotes and backslashes.
 * Subtracting from a byte that is too small sets its top bit, but also borrows
 * from the next byte, which may then seem to be one, too. So the result shows
 * that there is one among the four, but not which.
 *
 * @returns A word in which at least one top bit of a byte is set if there is
 * one; all other bits mean nothing.
 */
function escapesIn(word: number): number {
  return ((word ^ QUOTE_TO_BLANK) - ABOVE_BLANK) |
    ((word ^ BACKSLASHES) - ONES) | (word + ONES) | word;
}

/**
 * Writes ASCII bytes with escapes.
 *
 * @returns Where in `bytes` they end; -1 if there is a byte that is not ASCII.
 */
function escapeBytes(
  bytes: Uint8Array,
  at: number,
  source: Uint8Array,
  offset: number,
  end: number,
): number {
  for (let i = offset; i < end; i++) {
    const byte = source[i];
    const escape = ESCAPES[byte];
    if (escape === 0) {
      bytes[at++] = byte;
      continue;
    }
    if (escape === NON_ASCII) return -1;
    bytes[at++] = BACKSLASH;
    bytes[at++] = escape;
    if (escape === LETTER_U) {
      bytes[at++] = 0x30;
      bytes[at++] = 0x30;
      bytes[at++] = HEX[byte >>> 4];
      bytes[at++] = HEX[byte & 15];
    }
  }
  return at;
}

function appendDecoded(
  into: OutputBuffer,
  source: Uint8Array,
  offset: number,
  count: number,
): void {
  const text = DECODER.decode(source.subarray(offset, offset + count));
  into.appendText(jsonText(text));
}

/**
 * Returns a JSON string that may also be shown on a terminal: characters that
 * are unsafe there are escaped, which means the same to a parser.
 */
export function jsonText(text: string): string {
  return replaceUnsafe(JSON.stringify(text), escapeUtf16);
}
