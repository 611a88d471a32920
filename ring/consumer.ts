// SPDX-License-Identifier: MIT
/**
 * Reads what the consumer of a region has reported to its guest: for `info`,
 * and for the next consumer, which goes on there.
 *
 * @module
 */
import {
  checkCursor,
  CursorError,
  type RegionCursor,
  type RingCursor,
} from "./cursor.ts";
import type { RegionInfo } from "./header.ts";
import {
  ABI,
  BLOCK,
  CONSUMER,
  HOST,
  RECORD,
  RING_DESC,
  RING_LIVE,
} from "./layout.ts";
import type { RingInfo } from "./ring_geometry.ts";
import { SharedWords } from "./shared_words.ts";

const LOW = 0x100000000;

/** What is found in the host pages. None of it is checked. */
export interface ConsumerState {
  /** Session of the positions; 0n if there never was a consumer. */
  readonly sessionId: bigint;
  /** Changes about once a second while the consumer lives. */
  readonly beat: bigint;
  /** By ring, the end of what may be overwritten; -1 if it is impossible. */
  readonly positions: readonly number[];
}

/**
 * Returns what the consumer last reported.
 *
 * @param buffer The mapped object, or a copy of a region.
 * @param info Its header.
 */
export function readConsumer(
  buffer: ArrayBuffer,
  info: RegionInfo,
): ConsumerState {
  const shared = new SharedWords(buffer);
  const { hostOffset, rings } = info;
  return {
    sessionId: shared.load(hostOffset + HOST.sessionId),
    beat: shared.load(hostOffset + HOST.beat),
    positions: rings.map(({ index }) =>
      shared.loadNumber(consumerOffset(info, index) + CONSUMER.position)
    ),
  };
}

/**
 * Returns where the consumer before this one was.
 *
 * @returns Null if there was none in this session.
 * @throws {CursorError} if that cannot be a cursor of this region.
 */
export function consumerCursor(
  buffer: ArrayBuffer,
  info: RegionInfo,
): RegionCursor | null {
  const shared = new SharedWords(buffer);
  const { sessionId } = info;
  if (shared.load(info.hostOffset + HOST.sessionId) !== sessionId) return null;
  const rings = info.rings.map((ring): RingCursor => {
    const at = consumerOffset(info, ring.index);
    const [position, next, drops] = [
      CONSUMER.position,
      CONSUMER.nextSeq,
      CONSUMER.drops,
    ].map((field) => shared.loadNumber(at + field));
    if (Math.min(position, next, drops) < 0) {
      throw new CursorError(`ring ${ring.index} has a number beyond 2^52`);
    }
    if (position % ABI.RECORD_ALIGN !== 0) {
      throw new CursorError(`position ${position} is no multiple of 8`);
    }
    const seq = sequenceAt(shared, ring, position, next);
    return { position, seq, next, drops, torn: true };
  });
  const cursor = { sessionId, rings };
  checkCursor(cursor, info);
  return cursor;
}

function consumerOffset({ hostOffset }: RegionInfo, index: number): number {
  return hostOffset + HOST.size + index * CONSUMER.size;
}

/**
 * Returns the sequence of the record at a position. It is taken from the ring,
 * because a consumer that was killed may have stored the position of one record
 * and the sequence of another.
 *
 * @param next Sequence of the first record that was not delivered, which is not
 * before the position.
 */
function sequenceAt(
  shared: SharedWords,
  { dataOffset, descOffset, nrBlocks, blockBytes }: RingInfo,
  position: number,
  next: number,
): number {
  const block = Math.floor(position / blockBytes);
  const slot = dataOffset + (block % nrBlocks) * blockBytes;
  const offset = position % blockBytes;
  const word = shared.loadNumber(
    descOffset + RING_DESC.live + RING_LIVE.commit,
  );
  const commit = word - (word & 7);
  const there = shared.loadNumber(slot + BLOCK.packetSeqNum) === block;
  // Nothing follows yet, or the block is gone: lost records are then counted
  // from what was delivered.
  if (!there || position >= commit) return next;
  if (offset === 0) {
    const first = shared.loadNumber(slot + BLOCK.firstSeq);
    return first >= 0 && first <= next ? first : next;
  }
  const closed = commit > (block + 1) * blockBytes;
  const bits = Number(shared.load(slot + BLOCK.contentSize) & 0xffffffffn);
  const end = closed ? Math.min(bits / 8, blockBytes) : blockBytes;
  if (offset + RECORD.size > end) return next;
  // Id, length and sequence are one word.
  const record = shared.load(slot + offset + RECORD.id);
  const low = Number(record >> BigInt(8 * (RECORD.seq - RECORD.id)));
  const back = (next % LOW - low + LOW) % LOW;
  return Math.max(0, next - back);
}
