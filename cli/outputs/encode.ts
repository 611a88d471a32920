// SPDX-License-Identifier: MIT
/**
 * Numbers and strings as bytes of output, fast enough for millions a second:
 * no string is made for a record that is plain ASCII.
 *
 * @module
 */
import { escapeUtf16, replaceUnsafe } from "../unsafe_text.ts";
import type { OutputBuffer } from "./buffer.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const HIGH = 0x100000000;
const BILLION = 1e9;
const BILLION_DIGITS = 9;
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
const HEX = new TextEncoder().encode("0123456789abcdef");

/** Appends a number below 2^31 with exactly `digits` digits, zeros first. */
export function appendDigits(
  into: OutputBuffer,
  value: number,
  digits: number,
): void {
  const bytes = into.reserve(digits);
  const start = into.length;
  let rest = value | 0; // integer arithmetic from here
  for (let at = start + digits - 1; at >= start; at--) {
    const next = (rest / 10) | 0;
    bytes[at] = 0x30 + rest - next * 10;
    rest = next;
  }
  into.filled(start + digits);
}

/** Appends `high * 2^32 + low` in decimal, exactly. */
export function appendUnsigned(
  into: OutputBuffer,
  high: number,
  low: number,
): void {
  const value = high * HIGH + low;
  if (value > Number.MAX_SAFE_INTEGER) {
    into.appendText((BigInt(high) << 32n | BigInt(low)).toString());
  } else if (value < BILLION) {
    appendDigits(into, value, digitsOf(value));
  } else {
    const billions = Math.floor(value / BILLION);
    appendDigits(into, billions, digitsOf(billions));
    appendDigits(into, value - billions * BILLION, BILLION_DIGITS);
  }
}

/** Decimal digits of a whole number that is not negative. */
export function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}

/** Appends a whole number, exactly. */
export function appendInteger(
  into: OutputBuffer,
  value: number | bigint,
): void {
  if (typeof value === "bigint") {
    into.appendText(value.toString());
    return;
  }
  if (value < 0) into.appendByte(MINUS);
  const size = Math.abs(value);
  appendUnsigned(into, Math.floor(size / HIGH), size >>> 0);
}

/** Appends bytes as hexadecimal digits. */
export function appendHex(
  into: OutputBuffer,
  source: Uint8Array,
  offset: number,
  count: number,
): void {
  const bytes = into.reserve(2 * count);
  let at = into.length;
  for (let i = offset; i < offset + count; i++) {
    bytes[at++] = HEX[source[i] >>> 4];
    bytes[at++] = HEX[source[i] & 15];
  }
  into.filled(at);
}

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
  for (let i = offset; i < offset + count; i++) {
    const byte = source[i];
    const escape = ESCAPES[byte];
    if (escape === 0) {
      bytes[at++] = byte;
    } else if (escape === NON_ASCII) {
      const text = DECODER.decode(source.subarray(offset, offset + count));
      into.appendText(jsonText(text));
      return;
    } else {
      bytes[at++] = BACKSLASH;
      bytes[at++] = escape;
      if (escape === LETTER_U) {
        bytes[at++] = 0x30;
        bytes[at++] = 0x30;
        bytes[at++] = HEX[byte >>> 4];
        bytes[at++] = HEX[byte & 15];
      }
    }
  }
  bytes[at++] = QUOTE;
  into.filled(at);
}

/**
 * A JSON string that may also be shown on a terminal: what is unsafe there is
 * escaped, and means the same to a parser.
 */
export function jsonText(text: string): string {
  return replaceUnsafe(JSON.stringify(text), escapeUtf16);
}
