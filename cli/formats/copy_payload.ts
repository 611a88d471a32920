// SPDX-License-Identifier: MIT
/**
 * Copies payloads into the output. In a batch they begin at multiples of 8, in
 * the output anywhere.
 *
 * @module
 */
import type { OutputBuffer } from "./output_buffer.ts";

const LONG_BYTES = 8;
/** Above this length one call costs less than a loop. */
const LOOP_BYTES = 384;

/** How many bytes `copyPayload` may overwrite behind those that it copies. */
export const BEYOND_BYTES = LONG_BYTES - 1;

/** Memory that holds payloads. */
export interface PayloadSource {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same memory, as units of 4 bytes. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** The same memory, as units of 8 bytes. */
  readonly longs: BigUint64Array<ArrayBuffer>;
}

/**
 * Copies a payload in units of 8 bytes, which may overwrite `BEYOND_BYTES`
 * more.
 *
 * @param into The buffer, in which room for all these bytes was reserved.
 * @param at Where in its memory to write.
 * @param offset Where in the source to begin; a multiple of 8.
 */
export function copyPayload(
  into: OutputBuffer,
  at: number,
  source: PayloadSource,
  offset: number,
  count: number,
): void {
  if (count > LOOP_BYTES) {
    into.bytes.set(source.bytes.subarray(offset, offset + count), at);
    return;
  }
  const { view } = into;
  const { longs } = source;
  const end = at + count;
  let from = offset / LONG_BYTES;
  // Four at a time, so that the loop itself costs little.
  for (; at < end - 3 * LONG_BYTES; at += 4 * LONG_BYTES, from += 4) {
    view.setBigUint64(at, longs[from], true);
    view.setBigUint64(at + LONG_BYTES, longs[from + 1], true);
    view.setBigUint64(at + 2 * LONG_BYTES, longs[from + 2], true);
    view.setBigUint64(at + 3 * LONG_BYTES, longs[from + 3], true);
  }
  for (; at < end; at += LONG_BYTES, from++) {
    view.setBigUint64(at, longs[from], true);
  }
}

const ONES = 0x01010101;
const TOPS = 0x80808080;

/**
 * Tells whether a byte occurs from `offset`, a multiple of 4, up to before
 * `end`.
 */
export function hasBefore(
  { bytes, words }: PayloadSource,
  byte: number,
  offset: number,
  end: number,
): boolean {
  const wanted = byte * ONES;
  let at = offset;
  // The byte becomes 0, and subtracting 1 from it sets its top bit.
  for (; at + 16 <= end; at += 16) {
    const w = at >>> 2;
    const a = words[w] ^ wanted;
    const b = words[w + 1] ^ wanted;
    const c = words[w + 2] ^ wanted;
    const d = words[w + 3] ^ wanted;
    const perhaps = (a - ONES) | (b - ONES) | (c - ONES) | (d - ONES);
    if ((perhaps & TOPS) === 0) continue;
    // The top bit may also come from a byte that is not ASCII: look exactly.
    const found = (a - ONES) & ~a | (b - ONES) & ~b | (c - ONES) & ~c |
      (d - ONES) & ~d;
    if ((found & TOPS) !== 0) return true;
  }
  for (; at + 4 <= end; at += 4) {
    const word = words[at >>> 2] ^ wanted;
    if (((word - ONES) & ~word & TOPS) !== 0) return true;
  }
  for (; at < end; at++) if (bytes[at] === byte) return true;
  return false;
}
