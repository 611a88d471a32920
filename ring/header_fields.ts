// SPDX-License-Identifier: MIT
/**
 * Reads fields of a private copy of the header, and checks their bounds.
 *
 * @module
 */
import { RingCorruptError } from "./errors.ts";
import { REGION_HEADER as H } from "./layout.ts";

/** A field of the region header. */
export type HeaderField = Exclude<keyof typeof H, "size">;

/**
 * Returns a 32-bit field of the region header.
 *
 * @throws {RingCorruptError} if it is below `least` or above `most`.
 */
export function within(
  h: DataView,
  field: HeaderField,
  least: number,
  most: number,
): number {
  const value = h.getUint32(H[field], true);
  if (value < least || value > most) {
    throw new RingCorruptError(field, value, `${least} to ${most}`);
  }
  return value;
}

/**
 * Returns a 64-bit field of the region header.
 *
 * @param most The highest valid value; at most 2^53 - 1.
 * @throws {RingCorruptError} if it is below `least` or above `most`.
 */
export function within64(
  h: DataView,
  field: HeaderField,
  least: number,
  most: number,
): number {
  const value = h.getBigUint64(H[field], true);
  if (value < BigInt(least) || value > BigInt(most)) {
    throw new RingCorruptError(field, value, `${least} to ${most}`);
  }
  return Number(value);
}

/**
 * Checks a 32-bit field of the region header.
 *
 * @throws {RingCorruptError} if it is not `value`.
 */
export function exactly(h: DataView, field: HeaderField, value: number): void {
  within(h, field, value, value);
}

/**
 * Checks an alignment.
 *
 * @throws {RingCorruptError} if `value` is not a multiple of `of`.
 */
export function multiple(field: string, value: number, of: number): void {
  if (value % of !== 0) {
    throw new RingCorruptError(field, value, `a multiple of ${of}`);
  }
}

/**
 * Checks reserved bytes.
 *
 * @throws {RingCorruptError} if one is not 0.
 */
export function zero(field: string, bytes: Uint8Array): void {
  const at = bytes.findIndex((byte) => byte !== 0);
  if (at >= 0) throw new RingCorruptError(`${field}[${at}]`, bytes[at], 0);
}

/**
 * Decodes a C string, which ends at the first zero byte, as UTF-8. A byte order
 * mark is kept, as any other character is.
 */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    bytes.subarray(0, end < 0 ? bytes.length : end),
  );
}

/** Returns bytes of a view, without copying them. */
export function bytesOf(
  view: DataView,
  offset: number,
  length: number,
): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}
