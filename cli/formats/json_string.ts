// SPDX-License-Identifier: MIT
/**
 * Texts as JSON strings: no string is made for one that is plain ASCII.
 *
 * @module
 */
import { escapeUtf16, replaceUnsafe } from "../console/unsafe_text.ts";
import type { OutputBuffer } from "./buffer.ts";
import { BEYOND_BYTES, type PayloadSource } from "./copy.ts";
import { HEX } from "./encode.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
/** Room for one escaped byte: \u001f. */
const ESCAPED_BYTES = 6;
const NON_ASCII = 255;

/**
 * What becomes of each byte: 0 as it is, `NON_ASCII` not here, else the letter
 * behind the backslash ("u": four hex digits follow).
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

/** Multiplied by it, a byte stands in each of a word's four bytes. */
const ONES = 0x01010101;
const TOPS = 0x80808080;
const BLANKS = 0x20 * ONES;
/** Makes a quote a blank, and leaves what is below a blank there. */
const QUOTE_TO_BLANK = (QUOTE ^ 0x20) * ONES;
const ABOVE_BLANK = 0x21 * ONES;
const BACKSLASHES = BACKSLASH * ONES;

/** Appends bytes as a JSON string; what is no UTF-8 becomes U+FFFD. */
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
 * Does what `appendJsonString` does, but copies eight bytes at a time where none
 * has to be escaped.
 *
 * @param offset In the source; a multiple of 8.
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

/** Whether none of eight bytes has to be escaped. */
function isPlain(low: number, high: number): boolean {
  return ((escapesIn(low) | escapesIn(high)) & TOPS) === 0;
}

/** Decides what `isPlain` decides, for the fewer than eight bytes from `at` to `end`. */
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
 * Looks for bytes below 0x20, from 0x7f on, quotes and backslashes. One that is
 * less than what is taken from it borrows from its top bit, and may make another
 * seem to be one: so there is one among the four, but it is not known which.
 *
 * @returns The top bit of a byte is set if there is one; the others say nothing.
 */
function escapesIn(word: number): number {
  return ((word ^ QUOTE_TO_BLANK) - ABOVE_BLANK) |
    ((word ^ BACKSLASHES) - ONES) | (word + ONES) | word;
}

/** @returns Where in `bytes` it ended; -1 where there is more than ASCII. */
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
 * A JSON string that may also be shown on a terminal: what is unsafe there is
 * escaped, and means the same to a parser.
 */
export function jsonText(text: string): string {
  return replaceUnsafe(JSON.stringify(text), escapeUtf16);
}
