// SPDX-License-Identifier: MIT
/**
 * Seals validated blocks, so that they become CTF 1.8 packets that any tool can
 * open. Records are not encoded again. Only the 64-byte header in front is made
 * anew, from what was validated, because a block may be open, come in several
 * pieces, or follow lost ones.
 *
 * @module
 */
import type { Batch } from "../batch.ts";
import { ABI, BLOCK, RECORD } from "../layout.ts";
import { latestTicks } from "./clock_info.ts";
import type { PacketClasses } from "./packet_classes.ts";
import { PacketRecords } from "./record_copy.ts";
import type { RingInfo } from "../ring_geometry.ts";
import type { Totals } from "../totals.ts";

/** Records of one block, as indices in their batch, and where the last ends. */
interface Piece {
  readonly first: number;
  readonly last: number;
  readonly endOffset: number;
  /** Bytes at the end of the last record that are not described. */
  readonly left: number;
}

/** Makes the packets of one CTF stream, that is of one ring and epoch. */
export class PacketSealer {
  readonly #ring: RingInfo;
  readonly #totals: Totals;
  readonly #records: PacketRecords;
  #packets = 0;
  #epoch = 0;
  #nextSeq = 0;
  /** Time of the last record sealed. */
  #endLow = 0;
  #endHigh = 0;
  /** The last time that tools can show. */
  readonly #latestLow: number;
  readonly #latestHigh: number;

  /**
   * @param ring Gives stream and CPU.
   * @param classes Those of the epoch, which are added to.
   * @param totals Counts `opaque`, `skipped`, and `late`, which is how many
   * records had a time that went back or could not be shown by tools, so that
   * it was replaced by that of the record before.
   */
  constructor(ring: RingInfo, classes: PacketClasses, totals: Totals) {
    this.#ring = ring;
    this.#totals = totals;
    this.#records = new PacketRecords(ring, classes, totals);
    const latest = latestTicks(classes.clockInfo);
    this.#latestLow = Number(latest & 0xffffffffn);
    this.#latestHigh = Number(latest >> 32n);
  }

  /**
   * Returns a sealer that goes on with the records in another trace, which
   * begins with packet 0 again.
   */
  continued(classes: PacketClasses): PacketSealer {
    const next = new PacketSealer(this.#ring, classes, this.#totals);
    next.#endLow = this.#endLow;
    next.#endHigh = this.#endHigh;
    next.#epoch = this.#epoch;
    next.#nextSeq = this.#nextSeq;
    return next;
  }

  /**
   * Seals all records of a batch.
   *
   * @param discarded Events lost in this stream so far, up to this batch.
   * @param write Takes each packet, and how many records are in it; the bytes
   * are reused after it returns.
   */
  seal(
    batch: Batch,
    discarded: number,
    write: (packet: Uint8Array<ArrayBuffer>, records: number) => void,
  ): void {
    // All are described before the first is written, because what describes
    // them must be on the disk before they are.
    const pieces = this.#describe(batch);
    for (const piece of pieces) {
      const records = piece.last - piece.first + 1;
      write(this.#packet(batch, piece, discarded), records);
    }
  }

  /**
   * Makes a packet without records, which reports loss at the end of a stream.
   *
   * @param discarded See `seal`.
   */
  empty(discarded: number): Uint8Array<ArrayBuffer> {
    const packet = new Uint8Array(BLOCK.size);
    this.#header(new Uint32Array(packet.buffer), 0, {
      begin: [this.#endLow, this.#endHigh],
      end: [this.#endLow, this.#endHigh],
      contentBytes: BLOCK.size,
      firstSeq: this.#nextSeq,
      epoch: this.#epoch,
      discarded,
    });
    return packet;
  }

  /**
   * Makes every record one that the metadata describes, and makes times rise.
   */
  #describe(batch: Batch): Piece[] {
    const { offsets, blockBytes, count, words } = batch;
    // If the first and the last of messages in order are right, all are.
    const plain = batch.plain && !this.#isOdd(words, offsets[0]) &&
      !this.#isOdd(words, offsets[count - 1]);
    const pieces: Piece[] = [];
    for (let first = 0; first < count;) {
      const block = Math.floor(offsets[first] / blockBytes);
      const next = batch.indexBehind(first, (block + 1) * blockBytes);
      // This is computed before the lengths that it depends on are rewritten.
      const endOffset = batch.endOf(next - 1);
      const from = plain ? next - 1 : first;
      let left = 0;
      for (let i = from; i < next; i++) {
        const at = offsets[i];
        left = this.#records.describe(batch, at);
        this.#clamp(words, at);
      }
      pieces.push({ first, last: next - 1, endOffset, left });
      first = next;
    }
    return pieces;
  }

  /** Tells whether a time goes back, or is beyond what tools can show. */
  #isOdd(words: Uint32Array, offset: number): boolean {
    const w = (offset + RECORD.timestamp) >>> 2;
    const low = words[w];
    const high = words[w + 1];
    return high < this.#endHigh ||
      (high === this.#endHigh && low < this.#endLow) ||
      high > this.#latestHigh ||
      (high === this.#latestHigh && low > this.#latestLow);
  }

  /**
   * Replaces a time that goes back or is too late by that of the record before,
   * because CTF tools refuse a whole stream if its time goes back once, and
   * everything if a single time is too late. The records after a time from the
   * far future must not be raised to it.
   */
  #clamp(words: Uint32Array, offset: number): void {
    const w = (offset + RECORD.timestamp) >>> 2;
    if (this.#isOdd(words, offset)) {
      words[w] = this.#endLow;
      words[w + 1] = this.#endHigh;
      this.#totals.late++;
    }
    this.#endLow = words[w];
    this.#endHigh = words[w + 1];
  }

  #packet(
    batch: Batch,
    { first, last, endOffset: end, left }: Piece,
    discarded: number,
  ): Uint8Array<ArrayBuffer> {
    const { bytes, words, offsets } = batch;
    // The packet begins right before its first record. What lay there was
    // delivered before, so that the new header can take its place.
    const at = offsets[first] - BLOCK.size;
    const f = offsets[first] >>> 2;
    const l = offsets[last] >>> 2;
    this.#epoch = batch.epoch;
    this.#nextSeq = batch.firstSeq + last + 1;
    this.#header(words, at, {
      begin: [words[f], words[f + 1]],
      end: [words[l], words[l + 1]],
      // Bytes that are not described are left out, because tools look for
      // another record right after the last field.
      contentBytes: end - at - left,
      firstSeq: batch.firstSeq + first,
      epoch: batch.epoch,
      discarded,
    });
    const packetBytes = (end - at + 7) & ~7;
    bytes.fill(0, end, at + packetBytes);
    return bytes.subarray(at, at + packetBytes);
  }

  /**
   * Writes a header. In packets of the kernel log, which have no CPU, the epoch
   * takes 64 bits.
   * Source: `struct ivring_block`.
   */
  #header(words: Uint32Array, at: number, packet: {
    begin: [low: number, high: number];
    end: [low: number, high: number];
    contentBytes: number;
    firstSeq: number;
    epoch: number;
    discarded: number;
  }): void {
    const set = (field: number, low: number, high?: number) => {
      words[(at + field) >>> 2] = low;
      if (high !== undefined) words[((at + field) >>> 2) + 1] = high;
    };
    const high = (value: number) => Math.floor(value / 2 ** 32);
    const { discarded, firstSeq, contentBytes } = packet;
    set(BLOCK.magic, ABI.BLOCK_MAGIC);
    set(BLOCK.streamId, this.#ring.kind);
    // Consecutive, because a gap would mean lost packets of unknown content.
    set(BLOCK.packetSeqNum, this.#packets, high(this.#packets));
    this.#packets++;
    set(BLOCK.timestampBegin, ...packet.begin);
    set(BLOCK.timestampEnd, ...packet.end);
    set(BLOCK.contentSize, contentBytes * 8);
    set(BLOCK.packetSize, ((contentBytes + 7) & ~7) * 8);
    set(BLOCK.eventsDiscarded, discarded, high(discarded));
    set(BLOCK.firstSeq, firstSeq, high(firstSeq));
    if (this.#ring.kind === ABI.KIND_KLOG) set(BLOCK.cpuId, packet.epoch, 0);
    else {
      set(BLOCK.cpuId, this.#ring.cpu);
      set(BLOCK.epoch, packet.epoch);
    }
  }
}
