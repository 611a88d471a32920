// SPDX-License-Identifier: MIT
/**
 * The parts that mutations are made of.
 *
 * @module
 */

/** Bytes put somewhere in the region. */
export interface Patch {
  readonly offset: number;
  readonly bytes: readonly number[];
}

/** Encodes a number as the bytes of a field. */
export function littleEndian(value: bigint, size: number): number[] {
  return Array.from(
    { length: size },
    (_, i) => Number(BigInt.asUintN(64, value) >> BigInt(8 * i) & 0xffn),
  );
}

/** Applies patches to a region; bytes beyond its end are left out. */
export function apply(patches: readonly Patch[], region: Uint8Array): void {
  for (const { offset, bytes } of patches) {
    const room = region.length - offset;
    if (room > 0) region.set(bytes.slice(0, room), offset);
  }
}
