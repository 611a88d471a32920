// SPDX-License-Identifier: MIT
/**
 * Reads one ring as `guest/PROTOCOL.md` describes it under "Reading".
 *
 * @module
 */
import { constant, offsetOf, sizeOf, Struct } from "./document.ts";
import type { SampleGeometry } from "./sample_header.ts";

/** What a reader counts of a ring. */
export interface SampleCounts {
  records: number;
  missed: number;
  lost: number;
  dropped: number;
  corrupt: number;
  rewound: number;
}

/** One record; `payload` is a private copy. */
export interface SampleRecord {
  readonly seq: number;
  readonly time: bigint;
  readonly epoch: number;
  readonly id: number;
  readonly payload: Uint8Array;
  /** Whether records are missing before this one. */
  readonly afterGap: boolean;
}

const LIMIT = constant("POSITION_LIMIT");
const ALIGN = constant("RECORD_ALIGN");
const HEADER = sizeOf("block");
/** How many times to look for the oldest block. */
const TRIES = 8;

/** The decoded word `commit`. */
interface Commit {
  /** End of what is committed: `P`. */
  readonly end: number;
  /** End of the last record's payload. */
  readonly contentEnd: number;
  /** Block of the last committed byte: `B`. */
  readonly block: number;
  /** The word `commit_seq`. */
  readonly seq: number;
}

/** Reader of one ring. */
export class SampleRing {
  readonly counts: SampleCounts = {
    ...{ records: 0, missed: 0, lost: 0 },
    ...{ dropped: 0, corrupt: 0, rewound: 0 },
  };
  readonly #region: ArrayBuffer;
  readonly #words: BigUint64Array;
  readonly #ring: SampleGeometry;
  readonly #sessionHolds: () => boolean;
  /** Position of the next record. */
  #cursor = 0;
  /** Sequence of the next record; null before the first block: it is unknown. */
  #expected: number | null = null;
  /** Where the last block that was read began. */
  #takenAt = 0;
  #drops = 0;
  /** Whether the commit may be below the cursor, because a block was skipped. */
  #awaits = false;
  /** Time of the last record read in the cursor's block. */
  #time = 0n;
  #afterGap = false;
  /** Whether the commit word is impossible, which is counted only once. */
  #stuck = false;

  /** @param region The object's memory. @param ring The ring's geometry. */
  constructor(
    region: ArrayBuffer,
    ring: SampleGeometry,
    sessionHolds: () => boolean,
  ) {
    this.#region = region;
    this.#words = new BigUint64Array(region);
    this.#ring = ring;
    this.#sessionHolds = sessionHolds;
    const drops = this.#load(ring.liveOffset + offsetOf("ring_live", "drops"));
    this.#drops = drops < LIMIT ? drops : 0;
    this.#findOldest();
    this.counts.missed = this.#drops + (this.#expected ?? 0);
  }

  /** Reads one round: returns new records in order, and counts missing ones. */
  read(): SampleRecord[] {
    const records: SampleRecord[] = [];
    this.#countDrops();
    // If it finds that the ring has gone back, it begins again at once.
    while (!this.#readOn(records));
    this.counts.records += records.length;
    return records;
  }

  /** Reads to the commit. @returns False if the ring has gone back. */
  #readOn(records: SampleRecord[]): boolean {
    const commit = this.#loadCommit();
    if (commit === null && !this.#stuck) this.counts.corrupt++;
    this.#stuck = commit === null;
    if (commit === null) return true;
    if (this.#hasGoneBack(commit)) this.#rewind();
    if (commit.end <= this.#cursor) return true;
    this.#awaits = false;
    const first = Math.max(this.#blockOf(this.#cursor), this.#oldest(commit));
    this.#cursor = Math.max(this.#cursor, first * this.#ring.blockBytes);
    for (let block = first; block <= commit.block; block++) {
      const at = this.#slotOf(block);
      const copy = new DataView(
        this.#region.slice(at, at + this.#ring.blockBytes),
      );
      // This is the barrier that PROTOCOL.md names RingReader.drain:A. An
      // Atomics.load alone would suffice on x86 only.
      Atomics.add(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
      if (!this.#stillHolds(block)) this.#pass(block);
      else if (!this.#sessionHolds()) return true;
      else if (!this.#take(block, copy, commit, records)) return false;
    }
    return true;
  }

  /** Loads a 64-bit word of the region with acquire. */
  #load(at: number): number {
    return Number(Atomics.load(this.#words, at / 8));
  }

  #countDrops(): void {
    const at = this.#ring.liveOffset + offsetOf("ring_live", "drops");
    const drops = this.#load(at);
    if (drops <= this.#drops || drops >= LIMIT) return;
    this.counts.dropped += drops - this.#drops;
    this.#drops = drops;
  }

  #loadCommit(): Commit | null {
    const { liveOffset, blockBytes } = this.#ring;
    const word = this.#load(liveOffset + offsetOf("ring_live", "commit"));
    const seq = this.#load(liveOffset + offsetOf("ring_live", "commit_seq"));
    if (word < blockBytes || word >= LIMIT) return null;
    const padding = word % ALIGN;
    const end = word - padding;
    return {
      end,
      contentEnd: end - padding,
      block: Math.floor((end - 1) / blockBytes),
      seq: Math.min(seq, LIMIT),
    };
  }

  #blockOf(position: number): number {
    return Math.floor(position / this.#ring.blockBytes);
  }

  #slotOf(block: number): number {
    const { dataOffset, nrBlocks, blockBytes } = this.#ring;
    return dataOffset + block % nrBlocks * blockBytes;
  }

  /** Returns the oldest block that may still be there, or a later one. */
  #oldest({ block }: Commit, later = 0): number {
    return Math.max(1, block - this.#ring.nrBlocks + 1 + later);
  }

  /** Returns whether the block is still there, after it was copied. */
  #stillHolds(block: number): boolean {
    const at = this.#slotOf(block) + offsetOf("block", "packet_seq_num");
    return this.#load(at) === block;
  }

  /** Begins at the oldest block, expecting its first sequence. */
  #findOldest(): void {
    const { block, firstSeq } = this.#oldestPlace();
    this.#cursor = this.#takenAt = block * this.#ring.blockBytes;
    this.#expected = firstSeq;
    this.#awaits = true;
  }

  #oldestPlace(): { block: number; firstSeq: number | null } {
    const tries = Math.min(TRIES, this.#ring.nrBlocks);
    for (let later = 0; later < tries; later++) {
      const commit = this.#loadCommit();
      const block = commit === null ? 1 : this.#oldest(commit, later);
      if (commit === null || block === 1) return { block, firstSeq: 0 };
      const at = this.#slotOf(block) + offsetOf("block", "first_seq");
      const firstSeq = this.#load(at);
      if (firstSeq >= LIMIT || !this.#stillHolds(block)) continue;
      if (this.#leadsTo(firstSeq, block, commit)) return { block, firstSeq };
    }
    return { block: 1, firstSeq: null };
  }

  /** Returns whether so many records can have been claimed in so many bytes. */
  #haveRoom(records: number, bytes: number): boolean {
    const { nrBlocks, blockBytes } = this.#ring;
    const most = bytes / sizeOf("record") + nrBlocks * blockBytes;
    return records >= 0 && records <= most;
  }

  /** Returns whether a block's first sequence agrees with what is committed. */
  #leadsTo(firstSeq: number, number: number, { block, seq }: Commit): boolean {
    const bytes = (block + 1 - number) * this.#ring.blockBytes;
    return this.#haveRoom(seq - firstSeq, bytes);
  }

  /** Returns whether a block's first sequence is possible. */
  #isPossible(firstSeq: number, block: number, commit: Commit): boolean {
    if (this.#expected === null || firstSeq === this.#expected) return true;
    const bytes = block * this.#ring.blockBytes - this.#takenAt;
    return this.#haveRoom(firstSeq - this.#expected, bytes) ||
      this.#leadsTo(firstSeq, block, commit);
  }

  #hasGoneBack({ end }: Commit): boolean {
    if (end >= this.#cursor) return false;
    return !this.#awaits || end + this.#ring.blockBytes <= this.#cursor;
  }

  #rewind(): void {
    this.counts.rewound++;
    this.#findOldest();
  }

  /** Continues behind a block. */
  #pass(block: number): void {
    this.#cursor = (block + 1) * this.#ring.blockBytes;
    this.#awaits = true;
  }

  /** Takes a block's records. @returns False if the ring has gone back. */
  #take(
    block: number,
    copy: DataView,
    commit: Commit,
    records: SampleRecord[],
  ): boolean {
    const { blockBytes } = this.#ring;
    const header = new Struct("block", copy);
    const closed = commit.end > (block + 1) * blockBytes;
    const end = closed
      ? header.number("content_size") / 8
      : commit.contentEnd - block * blockBytes;
    const firstSeq = header.number("first_seq");
    let at = this.#cursor - block * blockBytes;
    const begins = at === 0;
    if (
      !this.#isRight(header) || end < HEADER || end > blockBytes ||
      (begins && !this.#isPossible(firstSeq, block, commit))
    ) {
      this.counts.corrupt++;
      this.#pass(block);
      return true;
    }
    if (begins) {
      this.#countGap(firstSeq);
      at = HEADER;
    } else if (at < end && !this.#isNext(new Struct("record", copy, at))) {
      this.#rewind();
      return false;
    }
    this.#takenAt = block * blockBytes;
    if (this.#walk(copy, at, end, header.number("epoch"), records)) {
      this.#cursor = closed ? (block + 1) * blockBytes : commit.end;
      this.#awaits = false;
    } else {
      this.counts.corrupt++;
      this.#pass(block);
    }
    return true;
  }

  /** Counts what is missing before a block's first record. */
  #countGap(firstSeq: number): void {
    const { counts } = this;
    if (this.#expected === null) counts.missed += firstSeq;
    else if (firstSeq < this.#expected) counts.rewound++;
    else counts.lost += firstSeq - this.#expected;
    this.#afterGap ||= firstSeq !== this.#expected;
    this.#expected = firstSeq;
    this.#time = 0n;
  }

  /** Returns whether a record has the low half of the expected sequence. */
  #isNext(record: Struct): boolean {
    return record.number("seq") === this.#expected! % 2 ** 32;
  }

  /** Returns whether a block's header is valid for this ring. */
  #isRight(header: Struct): boolean {
    const { kind, cpu, blockBytes } = this.#ring;
    return header.number("magic") === constant("BLOCK_MAGIC") &&
      header.number("stream_id") === kind &&
      header.number("cpu_id") === cpu &&
      header.number("packet_size") === blockBytes * 8 &&
      header.number("first_seq") < LIMIT;
  }

  /** Takes records while they are valid. @returns Whether all of them are. */
  #walk(
    copy: DataView,
    start: number,
    end: number,
    epoch: number,
    records: SampleRecord[],
  ): boolean {
    let at = start;
    while (at < end) {
      const record = new Struct("record", copy, at);
      const from = at + sizeOf("record");
      if (from > end) return false;
      const payloadEnd = from + record.number("len");
      const time = record.whole("timestamp");
      const id = record.number("id");
      if (
        payloadEnd > end || id === 0 || time < this.#time ||
        !this.#isNext(record) || this.#expected! >= LIMIT
      ) return false;
      const payload = new Uint8Array(copy.buffer.slice(from, payloadEnd));
      const [seq, afterGap] = [this.#expected!, this.#afterGap];
      records.push({ seq, time, epoch, id, payload, afterGap });
      this.#afterGap = false;
      this.#expected = seq + 1;
      this.#time = time;
      if (payloadEnd === end) return true;
      at = Math.ceil(payloadEnd / ALIGN) * ALIGN;
    }
    return at === Math.max(start, end);
  }
}
