// SPDX-License-Identifier: MIT
/**
 * Reads numbers and places in the payload of a kernel event's record.
 *
 * @module
 */
import type { EventField } from "./event_field.ts";

/** Where a record's payload is; a `RecordView` has these fields, too. */
export interface Payload {
  /** Memory that holds it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where in `bytes` it begins. */
  readonly payloadOffset: number;
  /** Its length. */
  readonly payloadBytes: number;
}

const scratch = new BigInt64Array(1);
const unsignedScratch = new BigUint64Array(scratch.buffer);
const halves = new Int32Array(scratch.buffer);
/** With a high half below this, a number is a safe integer. */
const HIGH_LIMIT = 2 ** 21;

/**
 * Returns a little-endian number.
 *
 * @param size 1, 2, 4 or 8 bytes. The caller has checked that they are there.
 * @returns A bigint if it is 2^53 or more away from 0, so not a safe integer.
 */
export function integerAt(
  bytes: Uint8Array,
  offset: number,
  size: number,
  signed: boolean,
): number | bigint {
  if (size === 1) return signed ? bytes[offset] << 24 >> 24 : bytes[offset];
  if (size === 2) {
    const half = bytes[offset] | bytes[offset + 1] << 8;
    return signed ? half << 16 >> 16 : half;
  }
  const low = wordAt(bytes, offset);
  if (size === 4) return signed ? low : low >>> 0;
  const high = wordAt(bytes, offset + 4);
  if (high >= 0 ? high < HIGH_LIMIT : signed && high >= -HIGH_LIMIT) {
    const value = high * 0x100000000 + (low >>> 0);
    if (value >= Number.MIN_SAFE_INTEGER) return value; // not -2^53
  }
  halves[0] = low;
  halves[1] = high;
  return signed ? scratch[0] : unsignedScratch[0];
}

function wordAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] | bytes[offset + 1] << 8 | bytes[offset + 2] << 16 |
    bytes[offset + 3] << 24;
}

/** Where a field's text or numbers are, within `bytes`. */
export interface Span {
  /** Where it begins. */
  offset: number;
  /** Its length; -1 if it does not lie within the payload. */
  bytes: number;
}

/**
 * Finds the bytes that a field stands for.
 *
 * @param span Is set to their place.
 */
export function locate(
  field: EventField,
  payload: Payload,
  span: Span,
): void {
  const { payloadOffset, payloadBytes } = payload;
  const { kind, offset } = field;
  if (kind !== "dynamicText" && kind !== "dynamicArray") {
    const rest = payloadBytes - offset;
    span.offset = payloadOffset + offset;
    span.bytes = field.bytes === 0 ? rest : field.bytes;
    if (span.bytes > rest) span.bytes = -1;
    return;
  }
  const word = wordAt(payload.bytes, payloadOffset + offset);
  const start = (word & 0xffff) + (field.relative ? offset + 4 : 0);
  const bytes = word >>> 16;
  span.offset = payloadOffset + start;
  span.bytes = start + bytes <= payloadBytes ? bytes : -1;
}

/** Returns how many bytes are before the first NUL, or `most` without one. */
export function textBytes(
  bytes: Uint8Array,
  offset: number,
  most: number,
): number {
  for (let i = 0; i < most; i++) {
    if (bytes[offset + i] === 0) return i;
  }
  return most;
}
