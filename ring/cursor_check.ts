// SPDX-License-Identifier: MIT
/**
 * Judges whether a cursor's numbers can be right for a ring. They come from a
 * file or from the host pages, and are trusted no more than the guest's: a
 * number that is too high would leave records out without any report.
 *
 * @module
 */
import type { RingCursor } from "./cursor.ts";
import { ABI, BLOCK, RECORD } from "./layout.ts";
import type { RingInfo } from "./ring_geometry.ts";
import { haveRoom, type RingMark, type RingSource } from "./ring_source.ts";

/** What was found out about a cursor. */
export interface Judgement {
  /** Whether it is beyond what is written, because the ring has gone back. */
  readonly beyond: boolean;
  /** Why its numbers cannot be right; "" if they can be. */
  readonly doubt: string;
}

/**
 * Judges a cursor of the ring's own session, as PROTOCOL.md says in "Resuming".
 *
 * @param cursor A cursor that has passed `checkCursor`.
 */
export function judge(
  source: RingSource,
  ring: RingInfo,
  cursor: RingCursor,
): Judgement {
  const mark = source.mark();
  const { blockBytes } = ring;
  if (mark.commit < blockBytes) {
    return { beyond: false, doubt: "the ring's commit word makes no sense" };
  }
  const end = mark.commit - mark.commit % ABI.RECORD_ALIGN;
  if (cursor.position > end) return { beyond: true, doubt: "" };
  const doubt = againstEnd(ring, cursor, mark, end) ||
    (cursor.torn ? "" : againstBlock(source, ring, cursor, end));
  return { beyond: false, doubt };
}

/** Compares a cursor with the end of what is written. */
function againstEnd(
  ring: RingInfo,
  { position, seq, next }: RingCursor,
  mark: RingMark,
  end: number,
): string {
  const last = mark.seq < 0 ? ABI.POSITION_LIMIT : mark.seq;
  if (next > last) return `next is ${next}, and the ring has only ${last}`;
  // Without a possible sequence at the end, records cannot be compared with it,
  // and the parts of a message under way are not believed.
  if (mark.seq < 0) return seq < next ? "the ring's sequence is none" : "";
  return haveRoom(ring, last - seq, end - position)
    ? ""
    : `seq is ${seq}, too far from ${last} for its position`;
}

/** Compares a cursor with the block that it is in, if that is still there. */
function againstBlock(
  source: RingSource,
  ring: RingInfo,
  { position, seq, next }: RingCursor,
  end: number,
): string {
  const { blockBytes } = ring;
  const block = Math.floor(position / blockBytes);
  const offset = position - block * blockBytes;
  const split = next > seq;
  if (position === end) {
    if (split) return `next is ${next}, and no record of ${seq} is there`;
    if (offset === 0) return ""; // the block has not been begun
  }
  // The guest may be overwriting the block: what was loaded counts only if the
  // block is still there afterwards.
  const first = source.firstSeq(block);
  const record = position === end ? 0n : source.recordWord(position);
  // MO(againstBlock:A) pairs with number_barrier:A and number_barrier:B. If one of
  // the two words is a later block's, which was stored behind one of these, the
  // check below reads the number of that block, or a later one.
  source.fence();
  if (!source.stillHolds(block)) return "";
  const most = first + Math.floor((offset - BLOCK.size) / RECORD.size);
  if (offset !== 0 && (first < 0 || seq < first || seq > most)) {
    return `seq is ${seq}, and its block can have ${first} to ${most} there`;
  }
  // If a message is under way, the cursor is at its first part.
  const isPart = offset !== 0 && Number(record & 0xffffn) === ABI.ID_PART;
  return split && !isPart
    ? `next is ${next}, and no message is under way at ${seq}`
    : "";
}
