// SPDX-License-Identifier: MIT
/**
 * Validates blocks and their records. It works on private copies only, in which
 * a hostile guest may have chosen every number.
 *
 * @module
 */
import type { Batch } from "./batch.ts";
import { ABI, BLOCK, RECORD } from "./layout.ts";
import type { RingInfo } from "./ring_geometry.ts";
import { numberAt } from "./shared_words.ts";

/** Fields of a block header that concern the reader. */
export interface BlockStart {
  /**
   * Sequence of the block's first record, or of the next one if it is empty.
   */
  firstSeq: number;
  /** Epoch of its records. */
  epoch: number;
}

/** The last timestamp seen in a block. */
export interface Clock {
  low: number;
  high: number;
}

/** Where the walk through a block begins and ends, and what it has found. */
export interface Walk {
  /** Byte offset of the block's copy. */
  block: number;
  /** Byte offset within the block of the first record to take. */
  start: number;
  /** Byte offset within the block after the last payload byte. */
  end: number;
  /** Sequence the first record must have. */
  seq: number;
  /** Where to note the records' offsets, from `count` on. */
  offsets: Uint32Array;
  /** Records noted so far; grows. */
  count: number;
  /** Bytes of payload in them; grows. */
  payloadBytes: number;
  /** Whether all of them are messages; set by `walkRecords`. */
  plain: boolean;
}

/**
 * Checks a block header against what the reader knows of the ring.
 *
 * @param words The batch; `at` is the byte offset of the block in it.
 * @returns Its start, or null if it contradicts the ring.
 * Source: `struct ivring_block`.
 */
export function readBlockStart(
  words: Uint32Array,
  at: number,
  ring: RingInfo,
): BlockStart | null {
  const w = at >>> 2;
  const firstSeq = numberAt(words, at + BLOCK.firstSeq);
  if (
    words[w + BLOCK.magic / 4] !== ABI.BLOCK_MAGIC ||
    words[w + BLOCK.streamId / 4] !== ring.kind ||
    words[w + BLOCK.cpuId / 4] !== ring.cpu ||
    words[w + BLOCK.packetSize / 4] !== ring.blockBytes * 8 ||
    firstSeq < 0
  ) return null;
  return { firstSeq, epoch: words[w + BLOCK.epoch / 4] };
}

/**
 * Returns where the content of a closed block ends.
 *
 * @returns Bytes from the start of the block, or -1 if `content_size` is out of
 * bounds.
 */
export function closedContentBytes(
  words: Uint32Array,
  at: number,
  blockBytes: number,
): number {
  const bytes = words[(at + BLOCK.contentSize) >>> 2] / 8;
  return bytes <= blockBytes ? bytes : -1;
}

/**
 * Walks the records of one block and notes those that are valid: inside the
 * content, consecutive in sequence, not going back in time, with an id.
 *
 * @returns True if the walk ended exactly at `walk.end`; false if a record was
 * invalid (those before it are noted, and valid).
 * Source: `struct ivring_record`.
 */
export function walkRecords(
  words: Uint32Array,
  walk: Walk,
  clock: Clock,
): boolean {
  const { block, end, offsets } = walk;
  let at = walk.start;
  let seq = walk.seq >>> 0;
  let { low, high } = clock;
  let count = walk.count;
  let whole = true;
  let others = 0;
  let bytes = 0;
  while (at < end) {
    const w = (block + at) >>> 2;
    const word = words[w + 2];
    const next = at + RECORD.size + (word >>> 16);
    const timeLow = words[w];
    const timeHigh = words[w + 1];
    whole = next <= end && words[w + 3] === seq &&
      (word & 0xffff) !== 0 &&
      (timeHigh > high || (timeHigh === high && timeLow >= low));
    if (!whole) break;
    offsets[count++] = block + at;
    others |= (word & 0xffff) ^ ABI.ID_MESSAGE;
    bytes += word >>> 16;
    low = timeLow;
    high = timeHigh;
    seq = (seq + 1) >>> 0;
    // The last record's padding is not part of the content.
    at = next === end ? end : (next + 7) & ~7;
  }
  walk.count = count;
  walk.payloadBytes += bytes;
  walk.plain = others === 0;
  clock.low = low;
  clock.high = high;
  return whole && at === Math.max(end, walk.start);
}

/** Tells whether the first of the records just noted is earlier than `time`. */
export function fallsBelow(time: Clock, batch: Batch, count: number): boolean {
  if (batch.count === 0 || batch.count === count) return false;
  const w = (batch.offsets[batch.count] + RECORD.timestamp) >>> 2;
  const high = batch.words[w + 1];
  return high < time.high || (high === time.high && batch.words[w] < time.low);
}

/**
 * Removes the noted records whose sequences are beyond the limit.
 *
 * @param batch The state of the batch before the walk.
 * @param seq Sequence of the first record that the walk noted.
 * @returns Whether there were any.
 */
export function cutAtLimit(batch: Batch, walk: Walk, seq: number): boolean {
  const most = batch.count + ABI.POSITION_LIMIT - seq;
  if (walk.count <= most) return false;
  while (walk.count > most) {
    walk.payloadBytes -= batch.payloadBytesOf(--walk.count);
  }
  return true;
}
