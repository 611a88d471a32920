// SPDX-License-Identifier: MIT
/**
 * Appends numbers to the output, fast enough for millions a second.
 *
 * @module
 */
import type { OutputBuffer } from "./output_buffer.ts";

const MINUS = 0x2d;
const HIGH = 0x100000000;
const BILLION = 1e9;
const BILLION_DIGITS = 9;
/** Digits of hexadecimal numbers, in ASCII. */
export const HEX: Uint8Array = new TextEncoder().encode("0123456789abcdef");

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

/** Returns how many decimal digits a whole number has that is not negative. */
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
