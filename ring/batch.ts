// SPDX-License-Identifier: MIT
/**
 * A batch: blocks copied out of one ring, and where the validated records in
 * them are. All records of a batch share one epoch, and none is missing
 * between them.
 *
 * @module
 */
import { RECORD } from "./layout.ts";
import type { Time } from "./guest_time.ts";

/** Blocks of one ring in private memory. Reused, for one ring at a time. */
export class Batch {
  /** Capacity in blocks of `blockBytes`. */
  blocks: number;
  /** Bytes of a block of the ring that it is used for. */
  blockBytes: number;
  /** Copied blocks, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same bytes as 32-bit words. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** The same bytes as 64-bit words, which serve only for copying. */
  readonly longs: BigUint64Array<ArrayBuffer>;
  /**
   * Byte offset in `bytes` of each record's header; `count` of them are valid.
   */
  readonly offsets: Uint32Array<ArrayBuffer>;
  /** Number of records. */
  count = 0;
  /** Number of records already delivered. */
  next = 0;
  /** Number of the block that `bytes` begins with; the next ones follow it. */
  firstBlock = 0;
  /** Epoch of all records. */
  epoch = 0;
  /** Bytes of payload in all records. */
  payloadBytes = 0;
  /** Sequence of record 0. */
  firstSeq = 0;
  /**
   * If reading began within the first block, the end of its records before that
   * place, which are copied for what they say about tasks; else 0.
   */
  earlier = 0;
  /** Whether records are missing before record 0. */
  afterGap = false;
  /** Whether all records are messages (`ABI.ID_MESSAGE`) in order of time. */
  plain = true;

  /** @param blocks Capacity in blocks. @param blockBytes Bytes of a block. */
  constructor(blocks: number, blockBytes: number) {
    this.blocks = blocks;
    this.blockBytes = blockBytes;
    this.bytes = new Uint8Array(blocks * blockBytes);
    this.words = new Uint32Array(this.bytes.buffer);
    this.longs = new BigUint64Array(this.bytes.buffer);
    this.offsets = new Uint32Array(this.bytes.length / RECORD.size);
  }

  /** Returns a record's position in the ring, in bytes. */
  positionOf(index: number): number {
    return this.firstBlock * this.blockBytes + this.offsets[index];
  }

  /** Sets `time` to that of a record. */
  timeOf(index: number, time: Time): void {
    const w = (this.offsets[index] + RECORD.timestamp) >>> 2;
    time.epoch = this.epoch;
    time.low = this.words[w];
    time.high = this.words[w + 1];
  }

  /**
   * Returns the index of the first record from `offset` on, and from `index`.
   */
  indexBehind(index: number, offset: number): number {
    let low = index;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offsets[middle] < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Returns where in `bytes` a record's payload ends. */
  endOf(index: number): number {
    return this.offsets[index] + RECORD.size + this.payloadBytesOf(index);
  }

  /** Returns how many bytes of payload a record has. */
  payloadBytesOf(index: number): number {
    return this.words[(this.offsets[index] + RECORD.len) >>> 2] >>> 16;
  }

  /** Empties the batch, and prepares it for a ring with blocks of this size. */
  reshape(blockBytes: number): void {
    this.blocks = this.bytes.length / blockBytes;
    this.blockBytes = blockBytes;
    this.clear();
  }

  /** Empties the batch. */
  clear(): void {
    this.count = 0;
    this.next = 0;
    this.earlier = 0;
    this.afterGap = false;
    this.plain = true;
    this.payloadBytes = 0;
  }
}
