// SPDX-License-Identifier: MIT
/**
 * Mutations that are plausible by themselves but false: claims about split
 * messages, the commit's padding, times and sequences.
 *
 * @module
 */
import { ABI, BLOCK, PART, RECORD, RING_DESC } from "../../ring/layout.ts";
import type { Base, BaseBlock } from "./base.ts";
import { littleEndian, type Patch } from "./patch.ts";
import type { Random } from "./random.ts";

const TOTALS = [0, 1, 40, 65_536, 262_143, 262_144, 262_145, 0xffffffff];

/** Makes a record claim that it is a part of some message. */
export function claimedPart(
  base: Base,
  random: Random,
  offset: number,
): Patch {
  const bytes = base.bytes.slice(offset, offset + RECORD.size + PART.size);
  const view = new DataView(bytes.buffer);
  const { size } = RECORD;
  const length = view.getUint16(RECORD.len, true);
  view.setUint16(RECORD.id, ABI.ID_PART, true);
  const seq = view.getUint32(RECORD.seq, true);
  view.setUint32(size + PART.firstSeq, seq - random.below(4), true);
  view.setUint32(
    size + PART.offsetBytes,
    random.oneIn(2) ? 0 : random.below(300),
    true,
  );
  view.setUint32(size + PART.totalBytes, random.pick(TOTALS), true);
  view.setUint16(size + PART.id, random.next() & 0xffff, true);
  const data = Math.max(0, length - PART.size);
  view.setUint16(size + PART.dataBytes, data, true);
  // It must not overwrite the next record's header.
  const end = size + Math.min(PART.size, length);
  return { offset, bytes: [...bytes.subarray(0, end)] };
}

/** Puts another padding into a commit word. */
export function padding(base: Base, random: Random): Patch {
  const { descOffset } = random.pick(base.info.rings);
  const offset = descOffset + RING_DESC.live;
  const low = base.bytes[offset] & ~7 | random.below(8);
  return { offset, bytes: [low] };
}

/** Sets a time in the far future, or the first of all. */
export function farTime(random: Random, offset: number): Patch {
  const time = random.pick([
    ...[0n, 1n, 1n << 53n, 1n << 62n, 1n << 63n],
    ...[(1n << 63n) - 1n, (1n << 64n) - 1n],
  ]);
  return {
    offset: offset + RECORD.timestamp,
    bytes: littleEndian(time, 8),
  };
}

/** Flips one bit of a block's first sequence. */
export function sequenceJump(
  block: BaseBlock,
  base: Base,
  random: Random,
): Patch {
  const offset = block.offset + BLOCK.firstSeq;
  const seq = new DataView(base.bytes.buffer).getBigUint64(offset, true);
  const by = 1n << BigInt(random.below(53));
  return {
    offset,
    bytes: littleEndian(random.oneIn(2) ? seq + by : seq - by, 8),
  };
}

/** Sets a ring back to where one of its blocks began, as after a snapshot. */
export function putBack(block: BaseBlock, base: Base): Patch {
  const { descOffset, blockBytes } = base.info.rings[block.ring];
  const position = BigInt(block.number * blockBytes);
  const at = block.offset + BLOCK.firstSeq;
  const seq = new DataView(base.bytes.buffer).getBigUint64(at, true);
  return {
    offset: descOffset + RING_DESC.live,
    bytes: [...littleEndian(position, 8), ...littleEndian(seq, 8)],
  };
}
