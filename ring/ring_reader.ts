// SPDX-License-Identifier: MIT
/**
 * Drains one ring: copies blocks, checks that they were not overwritten
 * meanwhile, parses the copies, and accounts for every record.
 *
 * @module
 */
import type { Batch } from "./batch.ts";
import type { RingCursor } from "./cursor.ts";
import { judge } from "./cursor_check.ts";
import type { RingInfo } from "./ring_geometry.ts";
import { ABI, BLOCK, RECORD, RING_LIVE } from "./layout.ts";
import {
  type Clock,
  closedContentBytes,
  cutAtLimit,
  fallsBelow,
  readBlockStart,
  type Walk,
  walkRecords,
} from "./block_walk.ts";
import {
  type Commit,
  isPossible,
  NOTHING,
  type RingMark,
  RingSource,
} from "./ring_source.ts";
import type { SharedWords } from "./shared_words.ts";
import type { Totals } from "./totals.ts";

/** Reads one ring, with its own cursor. It never writes to shared memory. */
export class RingReader {
  readonly #ring: RingInfo;
  readonly #source: RingSource;
  readonly #totals: Totals;
  readonly #sessionHolds: () => boolean;
  /** For each block copied, whether the copy is good. */
  readonly #held: boolean[] = [];
  /** Time of the last record read in the block that the cursor is in. */
  readonly #clock: Clock = { low: 0, high: 0 };
  #epoch = -1;
  /** Position of the next record to read. */
  #cursor = 0;
  /** Records before this sequence were delivered before a resume. */
  #replayUntil = 0;
  /** The cursor that reading went on at; null if there was none. */
  #from: RingCursor | null = null;
  /** Whether the cursor may be ahead of the commit, after a skipped block. */
  #ahead = false;
  /** Sequence of the next record expected; -1 if it is not known. */
  #expected = -1;
  /** A position at or before the one at which that sequence was expected. */
  #expectedAt = 0;
  /** Where reading ends; null if it has no end. */
  #end: RingMark | null = null;
  /**
   * Whether reading begins within a block, in which what comes before names the
   * tasks of what follows.
   */
  #looksBack = false;
  /** How many blocks to keep away from the writer after an overrun. */
  #margin = 0;
  #drops: number;
  #discarded = 0;
  /** Whether the commit word is impossible, which is counted once. */
  #stuck = false;
  /**
   * Whether records are missing before the next one. This is kept from block to
   * block, because a block may have no records.
   */
  #afterGap = false;
  /** Why the given cursor was not used; "" if it was, or if none was given. */
  readonly doubt: string = "";

  /**
   * @param bytes The whole region. @param words The same memory as words.
   * @param sessionHolds Whether the region still is the session that was
   * validated; asked after each copy.
   * @param start Where another reader was, or a block that is used if it is
   * still there. Without it, or if it cannot be right, reading begins at the
   * oldest block.
   */
  constructor(
    bytes: Uint8Array,
    words: SharedWords,
    ring: RingInfo,
    totals: Totals,
    sessionHolds: () => boolean,
    start: RingCursor | number = 0,
  ) {
    this.#ring = ring;
    this.#source = new RingSource(bytes, words, ring);
    this.#totals = totals;
    this.#sessionHolds = sessionHolds;
    const drops = this.#source.load(RING_LIVE.drops);
    if (typeof start === "object") {
      const { beyond, doubt } = judge(this.#source, ring, start);
      this.doubt = doubt;
      if (doubt === "") {
        // The ring's own count is lower if the ring has gone back.
        this.#drops = drops < 0 ? start.drops : Math.min(start.drops, drops);
        this.#cursor = this.#expectedAt = start.position;
        this.#expected = start.seq;
        this.#from = start;
        // What is beyond the end was not delivered, whatever the cursor says.
        this.#replayUntil = beyond ? 0 : start.next;
        this.#ahead = start.position % ring.blockBytes === 0;
        this.#looksBack = !this.#ahead;
        return;
      }
    }
    this.#drops = Math.max(0, drops);
    this.#findOldest(typeof start === "number" ? start : 0);
    totals.missed += this.#drops + Math.max(0, this.#expected);
  }

  /**
   * Records with a lower sequence were delivered before this reader began. They
   * are read again only for parts of messages that were incomplete then.
   */
  get replayUntil(): number {
    return this.#replayUntil;
  }

  /** Returns where the next drain begins; null if that is not known. */
  cursor(): RingCursor | null {
    const most = Math.max(this.#expected, this.#cursor);
    if (this.#expected < 0 || most >= ABI.POSITION_LIMIT) return null;
    return this.cursorAt(this.#cursor, this.#expected);
  }

  /**
   * Returns where another reader can go on.
   *
   * @param position Position of the first record that was not delivered.
   * @param seq Its sequence. As long as that was delivered before a resume, the
   * result is the cursor of that resume, because any place after it would claim
   * that a message is under way there.
   */
  cursorAt(position: number, seq: number): RingCursor {
    const drops = this.#drops;
    if (this.#from === null || seq >= this.#replayUntil) {
      return { position, seq, next: seq, drops };
    }
    return { ...this.#from, drops };
  }

  /** Returns how far the ring is written now. */
  mark(): RingMark {
    return this.#source.mark();
  }

  /** The ring. */
  get ring(): RingInfo {
    return this.#ring;
  }

  /** Records of this ring that are lost or dropped, since it was opened. */
  get discarded(): number {
    return this.#discarded;
  }

  /** Makes reading end with what was committed at a moment. */
  endAt(mark: RingMark): void {
    this.#end = mark;
  }

  /**
   * Copies what is new into `batch` (empty on entry), checks that it was not
   * overwritten meanwhile, and notes its records there.
   *
   * @returns True if the ring holds more than the batch took.
   */
  drain(batch: Batch): boolean {
    this.#countDrops();
    const commit = this.#loadCommit();
    if (commit === null || commit.position <= this.#cursor) return false;
    const { blockBytes, nrBlocks } = this.#ring;
    const oldest = commit.newest - nrBlocks + 1;
    if (Math.floor(this.#cursor / blockBytes) < oldest) {
      const clear = Math.min(oldest + this.#margin, commit.newest);
      this.#cursor = clear * blockBytes;
      if (this.#cursor >= commit.position) return this.#endLost();
    }
    const first = Math.floor(this.#cursor / blockBytes);
    const count = Math.min(commit.block - first + 1, batch.blocks);
    this.#source.copy(batch, this.#cursor, commit, count, this.#looksBack);
    // MO(RingReader.drain:A) pairs with number_barrier:A, number_barrier:B,
    // ivring_region_attach:C and RegionWriter.turnBlock:A. If the copy has a
    // word of a later block, or of a later session, which was stored behind one of
    // these, then RingSource.stillHolds:A reads that block's number, or a later
    // one, or the session no longer holds.
    this.#source.fence();
    if (!this.#sessionHolds()) return false;
    // All blocks are checked before any is parsed, because the guest overwrites
    // more of them meanwhile, whose copies would then be lost.
    const held = this.#held;
    let allHold = true;
    for (let i = 0; i < count; i++) {
      held[i] = this.#source.stillHolds(first + i);
      allHold &&= held[i];
    }
    for (let i = 0; i < count; i++) {
      if (!held[i]) this.#skip(first + i);
      else if (!this.#take(batch, i * blockBytes, first + i, commit)) break;
    }
    this.#margin = allHold
      ? this.#margin >>> 1
      : Math.min(this.#margin * 2 + 1, nrBlocks >>> 1);
    if (this.#cursor < commit.position) return true;
    return this.#ahead && this.#end !== null && this.#endLost();
  }

  /** Counts what was overwritten before the end as lost. @returns False. */
  #endLost(): boolean {
    this.#lose(this.#end!.seq);
    this.#expected = Math.max(this.#expected, this.#end!.seq);
    this.#end = NOTHING;
    return false;
  }

  /**
   * Sets the cursor to the oldest block that is there now: what the writer
   * overwrites from then on is lost.
   *
   * @param least The first block that may be the result.
   */
  #findOldest(least = 0): void {
    const { block, firstSeq } = this.#source.oldest(least);
    this.#cursor = this.#expectedAt = block * this.#ring.blockBytes;
    this.#expected = firstSeq;
    this.#ahead = true;
  }

  #countDrops(): void {
    const drops = this.#source.load(RING_LIVE.drops);
    if (drops > this.#drops) {
      this.#totals.dropped += drops - this.#drops;
      this.#discarded += drops - this.#drops;
      this.#drops = drops;
    }
  }

  #loadCommit(): Commit | null {
    const { blockBytes } = this.#ring;
    // MO(RingReader.loadCommit:A) pairs with publish:B, release_combining:A,
    // release_combining:B and RegionWriter.record:A. If it reads the commit that
    // one of them publishes, what is copied behind it is whole up to there, or
    // was overwritten since.
    let word = this.#source.load(RING_LIVE.commit);
    if (word < blockBytes) {
      if (!this.#stuck) this.#totals.corrupt++;
      this.#stuck = true;
      return null;
    }
    this.#stuck = false;
    const seq = this.#source.load(RING_LIVE.commitSeq);
    let position = word - word % 8;
    const newest = Math.ceil(position / blockBytes) - 1;
    // Only after a skipped block may the commit be behind: it is then awaited.
    const awaited = this.#ahead && position + blockBytes > this.#cursor;
    if (position < this.#cursor && !awaited) this.#rewind();
    if (position >= this.#cursor) this.#ahead = false;
    if (this.#end !== null && this.#end.commit < word) {
      word = this.#end.commit;
      position = word - word % 8;
    }
    const block = Math.ceil(position / blockBytes) - 1;
    return { position, pad: word % 8, block, newest, seq };
  }

  #skip(block: number): void {
    this.#ahead = true;
    this.#cursor = (block + 1) * this.#ring.blockBytes;
  }

  /**
   * Validates a block that was copied, and adds its records to the batch.
   *
   * @returns False if the batch has to end before this block.
   */
  #take(batch: Batch, at: number, block: number, commit: Commit): boolean {
    const { blockBytes } = this.#ring;
    const start = readBlockStart(batch.words, at, this.#ring);
    const closed = commit.position > (block + 1) * blockBytes;
    const end = closed
      ? closedContentBytes(batch.words, at, blockBytes)
      : commit.position - commit.pad - block * blockBytes;
    if (start === null || end < BLOCK.size) return this.#giveUp(block);
    const from = this.#cursor - block * blockBytes;
    const fresh = from < BLOCK.size;
    if (!fresh && !this.#verify(batch, at, from, end)) return false;
    if (this.#looksBack && !fresh) batch.earlier = from;
    this.#looksBack = false;
    const gap = fresh && start.firstSeq !== this.#expected;
    if (
      gap && !isPossible(
        this.#ring,
        { seq: this.#expected, position: this.#expectedAt },
        { block, firstSeq: start.firstSeq },
        commit,
      )
    ) return this.#giveUp(block);
    const turn = start.epoch !== this.#epoch;
    if ((gap || turn) && batch.count > 0) return false;
    if (gap) this.#accountGap(start.firstSeq);
    this.#epoch = start.epoch;
    const before = { ...this.#clock };
    // Times are compared within a block only, so that a wrong one does not make
    // the blocks after it invalid.
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
    const whole = walkRecords(batch.words, walk, this.#clock) &&
      !cutAtLimit(batch, walk, this.#expected);
    this.#expectedAt = block * blockBytes;
    this.#expected += walk.count - batch.count;
    batch.plain &&= walk.plain && !fallsBelow(before, batch, walk.count);
    batch.payloadBytes = walk.payloadBytes;
    batch.count = walk.count;
    batch.afterGap ||= this.#afterGap;
    if (batch.count > 0) this.#afterGap = false;
    if (!whole) return this.#giveUp(block);
    this.#cursor = closed ? (block + 1) * blockBytes : commit.position;
    this.#ahead = false;
    return true;
  }

  /** Gives up the invalid rest of a block. @returns True, to go on after it. */
  #giveUp(block: number): true {
    this.#totals.corrupt++;
    this.#skip(block);
    return true;
  }

  /** Checks that the record at a cursor is the expected one; rewinds if not. */
  #verify(batch: Batch, at: number, from: number, end: number): boolean {
    const found = batch.words[(at + from + RECORD.seq) >>> 2];
    if (from >= end || found === this.#expected >>> 0) return true;
    this.#rewind();
    return false;
  }

  /**
   * Begins at the oldest block again, because the ring has gone back (a
   * snapshot, a restore, a migration). How far is not known once the guest
   * writes on, and it is better to deliver some records twice than to lose one.
   */
  #rewind(): void {
    this.#totals.rewound++;
    this.#replayUntil = 0;
    this.#findOldest();
    // The place at which reading was to end is gone.
    if (this.#end !== null) this.#end = this.#source.mark();
  }

  /** Counts the records missing before `firstSeq`, exactly. */
  #accountGap(firstSeq: number): void {
    this.#afterGap = true;
    if (this.#expected < 0) this.#totals.missed += firstSeq;
    else if (firstSeq > this.#expected) this.#lose(firstSeq);
    else {
      this.#totals.rewound++;
      this.#replayUntil = 0;
    }
    this.#expected = firstSeq;
  }

  /** Counts the records that are missing before a sequence. */
  #lose(seq: number): void {
    const known = Math.max(this.#expected, this.#replayUntil);
    const lost = Math.max(0, seq - known);
    this.#totals.lost += lost;
    this.#discarded += lost;
  }
}
