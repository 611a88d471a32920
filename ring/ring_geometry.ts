// SPDX-License-Identifier: MIT
/**
 * Checks where rings lie in a region.
 *
 * @module
 */
import { RingCorruptError } from "./errors.ts";
import { bytesOf, multiple, zero } from "./header_fields.ts";
import { ABI, RING_DESC, RING_GEOMETRY as G } from "./layout.ts";

/** One ring, as validated at attach. Offsets and sizes in bytes. */
export interface RingInfo {
  /** Position in the descriptor table. */
  readonly index: number;
  /** `ABI.KIND_*`. */
  readonly kind: number;
  /** Guest CPU number, or `ABI.CPU_NONE`. */
  readonly cpu: number;
  /** Offset of slot 0 from the start of the region. */
  readonly dataOffset: number;
  /** Number of slots; need not be a power of two. */
  readonly nrBlocks: number;
  /** Size of a block; a power of two. */
  readonly blockBytes: number;
  /** Offset of the ring's descriptor from the start of the region. */
  readonly descOffset: number;
}

/**
 * Validates a ring's geometry.
 *
 * @param geometry A copy of the constant lines of all descriptors.
 * @param later Whether the guest's minor version is above ours, so that
 * reserved fields may have a meaning.
 * @throws {RingCorruptError} naming the ring and the field.
 * Source: `struct ivring_ring_geometry`.
 */
export function validateRing(
  geometry: DataView,
  index: number,
  blockBytes: number,
  ringsOffset: number,
  later = false,
): RingInfo {
  const at = index * G.size;
  const field = (name: string) => `ring ${index} ${name}`;
  const kind = geometry.getUint32(at + G.kind, true);
  if (kind !== ABI.KIND_TRACE && kind !== ABI.KIND_KLOG) {
    throw new RingCorruptError(field("kind"), kind, "a known kind");
  }
  const ownBlockBytes = geometry.getUint32(at + G.blockBytes, true);
  if (ownBlockBytes !== blockBytes) {
    throw new RingCorruptError(field("blockBytes"), ownBlockBytes, blockBytes);
  }
  const nrBlocks = geometry.getUint32(at + G.nrBlocks, true);
  const most = ABI.RING_BYTES_MAX / blockBytes;
  if (nrBlocks < ABI.BLOCKS_MIN || nrBlocks > most) {
    throw new RingCorruptError(
      field("nrBlocks"),
      nrBlocks,
      `${ABI.BLOCKS_MIN} to ${most}`,
    );
  }
  const dataOffset = geometry.getBigUint64(at + G.dataOffset, true);
  if (dataOffset > BigInt(ABI.REGION_BYTES_MAX)) {
    throw new RingCorruptError(
      field("dataOffset"),
      dataOffset,
      `at most ${ABI.REGION_BYTES_MAX}`,
    );
  }
  multiple(field("dataOffset"), Number(dataOffset), ABI.PAGE_BYTES);
  const reserved = bytesOf(geometry, at + G.reserved, G.size - G.reserved);
  if (!later) zero(field("reserved"), reserved);
  return {
    index,
    kind,
    cpu: geometry.getUint32(at + G.cpu, true),
    dataOffset: Number(dataOffset),
    nrBlocks,
    blockBytes,
    descOffset: ringsOffset + index * RING_DESC.size,
  };
}

/**
 * Checks that all rings lie within the data, and that none overlaps another.
 *
 * @param start Where the data begins. @param end Where it ends.
 * @throws {RingCorruptError} naming the ring.
 */
export function checkRingsDisjoint(
  rings: readonly RingInfo[],
  start: number,
  end: number,
): void {
  let free = start;
  for (const ring of rings.toSorted((a, b) => a.dataOffset - b.dataOffset)) {
    if (ring.dataOffset < free) {
      throw new RingCorruptError(
        `ring ${ring.index} dataOffset`,
        ring.dataOffset,
        `at least ${free}`,
      );
    }
    free = ring.dataOffset + ring.nrBlocks * ring.blockBytes;
    if (free > end) {
      throw new RingCorruptError(
        `ring ${ring.index} end`,
        free,
        `at most ${end}`,
      );
    }
  }
}
