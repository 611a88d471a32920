// SPDX-License-Identifier: MIT
/**
 * The shared memory of one ring: its words, its blocks, and how far the guest
 * says that it is written. Blocks are checked here only by their numbers.
 *
 * @module
 */
import type { Batch } from "./batch.ts";
import { ABI, BLOCK, RECORD, RING_DESC, RING_LIVE } from "./layout.ts";
import type { RingInfo } from "./ring_geometry.ts";
import type { SharedWords } from "./shared_words.ts";

/** How many times to look again if the writer overtakes the reader. */
const ATTEMPTS = 8;

/** How far a ring was written at a moment, as the guest claims. */
export interface RingMark {
  /** The commit word: position and padding; -1 if it is impossible. */
  readonly commit: number;
  /** Sequence of the next record; -1 if it is impossible. */
  readonly seq: number;
}

/** A mark before all records: reading that ends there ends at once. */
export const NOTHING: RingMark = { commit: 0, seq: -1 };

/** The commit word, decoded once per drain. */
export interface Commit {
  /** End of what is committed, a multiple of 8; or the end of reading. */
  readonly position: number;
  /** Padding of the last record before it. */
  readonly pad: number;
  /** Block of the last byte before it. */
  readonly block: number;
  /** Block of the last committed byte. */
  readonly newest: number;
  /** Sequence of the next record to be committed; -1 if it is impossible. */
  readonly seq: number;
}

/** A block, and the sequence of its first record. */
export interface BlockPlace {
  readonly block: number;
  /** Sequence of the block's first record; -1 if it is unknown. */
  readonly firstSeq: number;
}

/**
 * Tells whether this number of records is possible in this number of bytes. A
 * generous number is allowed on top, for records that a takeover gave up.
 */
export function haveRoom(
  { nrBlocks, blockBytes }: RingInfo,
  records: number,
  bytes: number,
): boolean {
  const most = bytes / RECORD.size + nrBlocks * blockBytes;
  return records >= 0 && records <= most;
}

/** Tells whether a block's first sequence agrees with that of the commit. */
function leadsTo(
  ring: RingInfo,
  { block, firstSeq }: BlockPlace,
  { newest, seq }: Pick<Commit, "newest" | "seq">,
): boolean {
  const bytes = (newest + 1 - block) * ring.blockBytes;
  // An impossible sequence is beyond the limit, so the limit stands for it.
  const next = seq < 0 ? ABI.POSITION_LIMIT : seq;
  return haveRoom(ring, next - firstSeq, bytes);
}

/**
 * Tells whether a block's first sequence is possible: either the records of the
 * gap have room between what was read before and the block, or the records from
 * the block on have room up to the end of what is committed. Without this
 * check, a single wrong number would count as a vast number of lost records.
 *
 * @param read The expected sequence, -1 if it is unknown, and a position at or
 * before the one at which it is expected.
 */
export function isPossible(
  ring: RingInfo,
  read: { readonly seq: number; readonly position: number },
  place: BlockPlace,
  commit: Commit,
): boolean {
  if (read.seq < 0) return true;
  const bytes = place.block * ring.blockBytes - read.position;
  return haveRoom(ring, place.firstSeq - read.seq, bytes) ||
    leadsTo(ring, place, commit);
}

/** Reads one ring. It never writes to shared memory. */
export class RingSource {
  readonly #bytes: Uint8Array;
  readonly #words: SharedWords;
  readonly #ring: RingInfo;

  /** @param bytes The whole region. @param words The same memory as words. */
  constructor(bytes: Uint8Array, words: SharedWords, ring: RingInfo) {
    this.#bytes = bytes;
    this.#words = words;
    this.#ring = ring;
  }

  /** Loads a word of `struct ivring_ring_live`; -1 if it is impossible. */
  load(field: number): number {
    return this.#words.loadNumber(
      this.#ring.descOffset + RING_DESC.live + field,
    );
  }

  /** Does the same as {@linkcode SharedWords.fence}. */
  fence(): void {
    // MO(RingSource.fence:A) has no pair of its own: its callers name theirs.
    this.#words.fence();
  }

  /** Returns how far the ring is written now. */
  mark(): RingMark {
    for (let attempt = 1;; attempt++) {
      // MO(RingSource.mark:A) pairs with publish:B. If it reads the commit that
      // publish:B stores, the sequence read behind it is not older.
      const commit = this.load(RING_LIVE.commit);
      const seq = this.load(RING_LIVE.commitSeq);
      const still = this.load(RING_LIVE.commit) === commit;
      if (still || attempt === ATTEMPTS) return { commit, seq };
    }
  }

  /**
   * Finds the oldest block at present. A session starts at block 1, with record
   * 0.
   *
   * @param least The first block that may be the result.
   */
  oldest(least: number): BlockPlace {
    const { blockBytes, nrBlocks } = this.#ring;
    // The search ends at the newest block, because the slot after it may hold a
    // block of the previous lap.
    const attempts = Math.min(ATTEMPTS, nrBlocks);
    for (let attempt = 0; attempt < attempts; attempt++) {
      // MO(RingSource.oldest:A) pairs with publish:B. If it reads the commit that
      // publish:B stores, the header of each block before that commit is whole,
      // or was overwritten since.
      const word = this.load(RING_LIVE.commit);
      // The padding is not a part of the position.
      const newest = Math.ceil((word - word % 8) / blockBytes) - 1;
      const block = Math.max(newest - nrBlocks + 1 + attempt, least, 1);
      if (block === 1) return { block, firstSeq: 0 };
      const at = this.#slotOffset(block) + BLOCK.firstSeq;
      const firstSeq = this.#words.loadNumber(at);
      // MO(RingSource.oldest:B) pairs with number_barrier:A and number_barrier:B.
      // If the sequence is a later block's, which was stored behind one of these,
      // `stillHolds` reads the number of that block, or a later one.
      this.#words.fence();
      if (firstSeq < 0 || !this.stillHolds(block)) continue;
      const seq = this.load(RING_LIVE.commitSeq);
      const place = { block, firstSeq };
      if (leadsTo(this.#ring, place, { newest, seq })) return place;
    }
    return { block: 1, firstSeq: -1 };
  }

  /**
   * Loads the sequence of the first record in a block's slot; -1 if it is
   * impossible. `stillHolds` tells afterwards whether the slot had that block.
   */
  firstSeq(block: number): number {
    return this.#words.loadNumber(this.#slotOffset(block) + BLOCK.firstSeq);
  }

  /**
   * Loads a record's id, length and sequence, which are one word. `stillHolds`
   * tells afterwards whether the slot had the record's block.
   */
  recordWord(position: number): bigint {
    const { blockBytes } = this.#ring;
    const slot = this.#slotOffset(Math.floor(position / blockBytes));
    return this.#words.load(slot + position % blockBytes + RECORD.id);
  }

  /**
   * Tells whether the block's slot has the number that the position demands,
   * which is a stricter check than having the number that it had before.
   */
  stillHolds(block: number): boolean {
    const at = this.#slotOffset(block) + BLOCK.packetSeqNum;
    // MO(RingSource.stillHolds:A) pairs with ensure_numbers:A. If what was read
    // before the caller's barrier was stored behind a number, this reads that
    // number, or a later one.
    return this.#words.loadNumber(at) === block;
  }

  /**
   * Copies blocks, beginning with the one that the cursor is in. In that one,
   * only the header and what follows the cursor is copied; in the last one,
   * only what is committed.
   *
   * @param whole Whether to copy what is before the cursor, too.
   */
  copy(
    batch: Batch,
    cursor: number,
    commit: Commit,
    count: number,
    whole = false,
  ): void {
    const { blockBytes, nrBlocks } = this.#ring;
    const first = Math.floor(cursor / blockBytes);
    const slot = this.#slotOffset(first);
    this.#copyBytes(batch, 0, slot, BLOCK.size);
    const from = whole ? 0 : cursor - first * blockBytes;
    const skip = Math.max(BLOCK.size, from);
    const last = commit.position - commit.block * blockBytes;
    const end = first === commit.block ? last : blockBytes;
    this.#copyBytes(batch, skip, slot + skip, end - skip);
    for (let i = 1; i < count;) {
      // Adjacent blocks of the ring are copied with one call.
      const run = Math.min(count - i, nrBlocks - (first + i) % nrBlocks);
      const ends = first + i + run - 1 === commit.block ? last : blockBytes;
      const bytes = (run - 1) * blockBytes + ends;
      const from = this.#slotOffset(first + i);
      this.#copyBytes(batch, i * blockBytes, from, bytes);
      i += run;
    }
  }

  #copyBytes(batch: Batch, to: number, from: number, bytes: number): void {
    batch.bytes.set(this.#bytes.subarray(from, from + bytes), to);
  }

  #slotOffset(block: number): number {
    const { dataOffset, nrBlocks, blockBytes } = this.#ring;
    return dataOffset + (block % nrBlocks) * blockBytes;
  }
}
