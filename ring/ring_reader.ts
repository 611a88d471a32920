// SPDX-License-Identifier: MIT
/**
 * Draining one ring: copy, re-check, parse the copy, account.
 *
 * @module
 */
import type { Batch } from "./batch.ts";
import type { RingCursor } from "./cursor.ts";
import type { RingInfo } from "./ring_geometry.ts";
import { BLOCK, RECORD, RING_DESC, RING_LIVE } from "./layout.ts";
import {
  type Clock,
  closedContentBytes,
  readBlockStart,
  type Walk,
  walkRecords,
} from "./record.ts";
import type { SharedWords } from "./shared_words.ts";
import type { Totals } from "./totals.ts";

/** How often the oldest block is looked for while the writer runs away. */
const ATTEMPTS = 8;

/** The commit word, taken apart once per drain. */
interface Commit {
  /** End of what is committed, a multiple of 8. */
  position: number;
  /** Padding of the last record. */
  pad: number;
  /** Block of the last committed byte. */
  block: number;
}

/** Whether the first of the records just noted is earlier than `time`. */
function fallsBelow(time: Clock, batch: Batch, count: number): boolean {
  if (batch.count === 0 || batch.count === count) return false;
  const w = (batch.offsets[batch.count] + RECORD.timestamp) >>> 2;
  const high = batch.words[w + 1];
  return high < time.high || (high === time.high && batch.words[w] < time.low);
}

/** Reader of one ring, with its own cursor. Only ever reads shared memory. */
export class RingReader {
  readonly #words: SharedWords;
  readonly #bytes: Uint8Array;
  readonly #ring: RingInfo;
  readonly #totals: Totals;
  readonly #sessionHolds: () => boolean;
  /** Of each block copied, whether the copy is good. */
  readonly #held: boolean[] = [];
  /** Of the last record read in the block that the cursor is in. */
  readonly #clock: Clock = { low: 0, high: 0 };
  #epoch = -1;
  /** Position of the next record to read. */
  #cursor = 0;
  /** Records before this sequence were delivered before a resume. */
  #replayUntil = 0;
  /** Whether the cursor may be ahead of the commit: after a skipped block. */
  #ahead = false;
  /** Sequence of the next record expected; -1 where that is not known. */
  #expected = -1;
  /** Blocks to stay clear of the writer after it overran us. */
  #margin = 0;
  #drops: number;
  #discarded = 0;

  /**
   * @param bytes The whole region. @param words The same.
   * @param sessionHolds Whether the region still is the session that was
   * validated; asked after each copy.
   * @param start Where another reader was; the oldest block without it.
   */
  constructor(
    bytes: Uint8Array,
    words: SharedWords,
    ring: RingInfo,
    totals: Totals,
    sessionHolds: () => boolean,
    start?: RingCursor,
  ) {
    this.#bytes = bytes;
    this.#words = words;
    this.#ring = ring;
    this.#totals = totals;
    this.#sessionHolds = sessionHolds;
    if (start !== undefined) {
      this.#drops = start.drops;
      this.#cursor = start.position;
      this.#expected = start.seq;
      this.#replayUntil = start.next;
      this.#ahead = start.position % ring.blockBytes === 0;
      return;
    }
    this.#drops = Math.max(0, this.#load(RING_LIVE.drops));
    this.#findOldest();
    totals.missed += this.#drops + Math.max(0, this.#expected);
  }

  /**
   * Records with a lower sequence were delivered before this reader began: they
   * come again only for the split messages among them that were not whole.
   */
  get replayUntil(): number {
    return this.#replayUntil;
  }

  /** Where the next drain begins; null where that is not known. */
  cursor(): RingCursor | null {
    if (this.#expected < 0) return null;
    return {
      position: this.#cursor,
      seq: this.#expected,
      next: Math.max(this.#expected, this.#replayUntil),
      drops: this.#drops,
    };
  }

  /** The ring. */
  get ring(): RingInfo {
    return this.#ring;
  }

  /** Records of this ring that are lost or dropped, since it was opened. */
  get discarded(): number {
    return this.#discarded;
  }

  /**
   * Copies what is new into `batch` (empty on entry), re-checks it and notes
   * its records there.
   *
   * @returns True if the ring holds more than the batch took.
   */
  drain(batch: Batch): boolean {
    this.#countDrops();
    const commit = this.#loadCommit();
    if (commit === null || commit.position <= this.#cursor) return false;
    const { blockBytes, nrBlocks } = this.#ring;
    const oldest = commit.block - nrBlocks + 1;
    if (Math.floor(this.#cursor / blockBytes) < oldest) {
      const clear = Math.min(oldest + this.#margin, commit.block);
      this.#cursor = clear * blockBytes;
    }
    const first = Math.floor(this.#cursor / blockBytes);
    const count = Math.min(commit.block - first + 1, batch.blocks);
    this.#copy(batch, commit, first, count);
    this.#words.fence(); // (4) the copy before the check; pairs with (1)
    if (!this.#sessionHolds()) return false;
    // All at once and before any parsing, while the answers are fresh.
    const held = this.#held;
    let allHold = true;
    for (let i = 0; i < count; i++) {
      held[i] = this.#stillHolds(first + i);
      allHold &&= held[i];
    }
    for (let i = 0; i < count; i++) {
      if (!held[i]) this.#skip(first + i);
      else if (!this.#take(batch, i * blockBytes, first + i, commit)) break;
    }
    this.#margin = allHold
      ? this.#margin >>> 1
      : Math.min(this.#margin * 2 + 1, nrBlocks >>> 1);
    return this.#cursor < commit.position;
  }

  #load(field: number): number {
    return this.#words.loadNumber(
      this.#ring.descOffset + RING_DESC.live + field,
    );
  }

  /**
   * Sets the cursor to the oldest block there is now: what the writer takes
   * from here on is lost. A session starts at block 1.
   */
  #findOldest(): void {
    const { blockBytes, nrBlocks } = this.#ring;
    this.#cursor = blockBytes;
    this.#expected = -1;
    this.#ahead = true;
    // Never beyond the last block: what it holds may still be the old lap's.
    const attempts = Math.min(ATTEMPTS, nrBlocks);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const position = this.#load(RING_LIVE.commit);
      const block = Math.ceil(position / blockBytes) - nrBlocks + attempt;
      const slot = this.#slotOffset(Math.max(block, 1));
      const firstSeq = block <= 1
        ? 0
        : this.#words.loadNumber(slot + BLOCK.firstSeq);
      this.#words.fence(); // (4), as in drain
      if (block > 1 && (firstSeq < 0 || !this.#stillHolds(block))) continue;
      this.#cursor = Math.max(block, 1) * blockBytes;
      this.#expected = firstSeq;
      return;
    }
  }

  #countDrops(): void {
    const drops = this.#load(RING_LIVE.drops);
    if (drops > this.#drops) {
      this.#totals.dropped += drops - this.#drops;
      this.#discarded += drops - this.#drops;
      this.#drops = drops;
    }
  }

  /** Load-acquire (3): pairs with the writer's (2). */
  #loadCommit(): Commit | null {
    const { blockBytes } = this.#ring;
    const word = this.#load(RING_LIVE.commit);
    if (word < blockBytes) {
      this.#totals.corrupt++;
      return null;
    }
    const pad = word % 8;
    const position = word - pad;
    const block = Math.ceil(position / blockBytes) - 1;
    // Behind a skipped block, and only there, the commit is awaited.
    const awaited = this.#ahead && position + blockBytes > this.#cursor;
    if (position < this.#cursor && !awaited) this.#rewind();
    if (position >= this.#cursor) this.#ahead = false;
    return { position, pad, block };
  }

  #slotOffset(block: number): number {
    const { dataOffset, nrBlocks, blockBytes } = this.#ring;
    return dataOffset + (block % nrBlocks) * blockBytes;
  }

  /** Of the first block only the header and what lies behind the cursor. */
  #copy(batch: Batch, commit: Commit, first: number, count: number): void {
    const { blockBytes, nrBlocks } = this.#ring;
    const slot = this.#slotOffset(first);
    this.#copyBytes(batch, 0, slot, BLOCK.size);
    const skip = Math.max(BLOCK.size, this.#cursor - first * blockBytes);
    const last = commit.position - commit.block * blockBytes;
    const end = first === commit.block ? last : blockBytes;
    this.#copyBytes(batch, skip, slot + skip, end - skip);
    for (let i = 1; i < count;) {
      // One copy for all blocks that are neighbours in the ring.
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

  /**
   * The re-check: the block's slot still has the number that the position
   * demands, not merely the one it had before.
   */
  #stillHolds(block: number): boolean {
    const at = this.#slotOffset(block) + BLOCK.packetSeqNum;
    return this.#words.loadNumber(at) === block;
  }

  #skip(block: number): void {
    this.#ahead = true;
    this.#cursor = (block + 1) * this.#ring.blockBytes;
  }

  /** @returns False where the batch has to end before this block. */
  #take(batch: Batch, at: number, block: number, commit: Commit): boolean {
    const { blockBytes } = this.#ring;
    const start = readBlockStart(batch.words, at, this.#ring);
    const closed = commit.position > (block + 1) * blockBytes;
    const end = closed
      ? closedContentBytes(batch.words, at, blockBytes)
      : commit.position - commit.pad - block * blockBytes;
    if (start === null || end < BLOCK.size) {
      this.#totals.corrupt++;
      this.#skip(block);
      return true;
    }
    const from = this.#cursor - block * blockBytes;
    const fresh = from < BLOCK.size;
    if (!fresh && !this.#verify(batch, at, from, end)) return false;
    const gap = fresh && start.firstSeq !== this.#expected;
    const turn = start.epoch !== this.#epoch;
    if ((gap || turn) && batch.count > 0) return false;
    if (gap) this.#accountGap(start.firstSeq, batch);
    this.#epoch = start.epoch;
    const before = { ...this.#clock };
    // Times are checked within a block: a wrong one must not outlaw the next.
    if (fresh) this.#clock.low = this.#clock.high = 0;
    const walk: Walk = {
      block: at,
      start: fresh ? BLOCK.size : from,
      end,
      seq: this.#expected,
      offsets: batch.offsets,
      count: batch.count,
      payloadBytes: batch.payloadBytes,
      plain: true,
    };
    if (batch.count === 0) {
      batch.firstBlock = block - at / blockBytes;
      batch.firstSeq = this.#expected;
      batch.epoch = start.epoch;
    }
    const whole = walkRecords(batch.words, walk, this.#clock);
    this.#expected += walk.count - batch.count;
    batch.plain &&= walk.plain && !fallsBelow(before, batch, walk.count);
    batch.payloadBytes = walk.payloadBytes;
    batch.count = walk.count;
    if (whole) {
      this.#cursor = closed ? (block + 1) * blockBytes : commit.position;
      return true;
    }
    this.#totals.corrupt++;
    this.#skip(block);
    return true;
  }

  /** Whether the record at a cursor within a block is the one expected. */
  #verify(batch: Batch, at: number, from: number, end: number): boolean {
    const found = batch.words[(at + from + RECORD.seq) >>> 2];
    if (from >= end || found === this.#expected >>> 0) return true;
    this.#rewind();
    return false;
  }

  /**
   * The ring has gone back (a snapshot, a restore, a migration). How far is not
   * known once the guest writes on, so it is read again from its oldest block:
   * rather some records twice than one not at all.
   */
  #rewind(): void {
    this.#totals.rewound++;
    this.#replayUntil = 0;
    this.#findOldest();
  }

  /** Records missing before `firstSeq`: exact, whatever became of them. */
  #accountGap(firstSeq: number, batch: Batch): void {
    batch.afterGap = true;
    if (this.#expected < 0) this.#totals.missed += firstSeq;
    else if (firstSeq > this.#expected) {
      const known = Math.max(this.#expected, this.#replayUntil);
      const lost = Math.max(0, firstSeq - known);
      this.#totals.lost += lost;
      this.#discarded += lost;
    } else {
      this.#totals.rewound++;
      this.#replayUntil = 0;
    }
    this.#expected = firstSeq;
  }
}
