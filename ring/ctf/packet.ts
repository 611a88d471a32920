// SPDX-License-Identifier: MIT
/**
 * Sealing: validated blocks become CTF 1.8 packets that any tool can open.
 * Nothing is encoded again; only the 64-byte header in front is made anew, from
 * what was validated: a block may be open, come in several pieces, or follow
 * lost ones.
 *
 * @module
 */
import type { Batch } from "../batch.ts";
import { ABI, BLOCK, RECORD } from "../layout.ts";
import type { PacketClasses } from "./packet_classes.ts";
import { PacketRecords } from "./packet_records.ts";
import type { RingInfo } from "../ring_geometry.ts";
import type { Totals } from "../totals.ts";

/** Records of one block, as indices in their batch, and where the last ends. */
interface Piece {
  readonly first: number;
  readonly last: number;
  readonly endOffset: number;
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

  /**
   * @param ring Gives stream and CPU.
   * @param classes Of the epoch; become more.
   * @param totals Gets `late` (records whose time fell and was raised to that
   * of the one before) and `opaque`.
   */
  constructor(ring: RingInfo, classes: PacketClasses, totals: Totals) {
    this.#ring = ring;
    this.#totals = totals;
    this.#records = new PacketRecords(ring, classes, totals);
  }

  /**
   * The sealer of the same records' continuation in another trace, which
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
   * @param discarded Events lost in this stream so far, these gaps included.
   * @param write Takes each packet; the bytes are reused after it returns.
   */
  seal(
    batch: Batch,
    discarded: number,
    write: (packet: Uint8Array<ArrayBuffer>) => void,
  ): void {
    // All are described before the first is written: what describes them must
    // be on the disk before they are.
    const pieces = this.#describe(batch);
    for (const piece of pieces) write(this.#packet(batch, piece, discarded));
  }

  /**
   * A packet without records, for loss at the end of a stream.
   *
   * @param discarded As for `seal`.
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

  /** Makes every record one that metadata describes, and times that rise. */
  #describe(batch: Batch): Piece[] {
    const { offsets, blockBytes, count, words } = batch;
    // Of messages in order only the first may have to be raised.
    const plain = batch.plain && !this.#isLate(words, offsets[0]);
    const pieces: Piece[] = [];
    for (let first = 0; first < count;) {
      const block = Math.floor(offsets[first] / blockBytes);
      const next = batch.indexBehind(first, (block + 1) * blockBytes);
      // Before the rewriting of what tells it.
      const endOffset = batch.endOf(next - 1);
      pieces.push({ first, last: next - 1, endOffset });
      const from = plain ? next - 1 : first;
      for (let i = from; i < next; i++) {
        const at = offsets[i];
        this.#records.describe(batch, at);
        this.#clamp(words, at);
      }
      first = next;
    }
    return pieces;
  }

  #isLate(words: Uint32Array, offset: number): boolean {
    const w = (offset + RECORD.timestamp) >>> 2;
    const high = words[w + 1];
    return high < this.#endHigh ||
      (high === this.#endHigh && words[w] < this.#endLow);
  }

  /** CTF tools refuse a whole stream in which the time falls once. */
  #clamp(words: Uint32Array, offset: number): void {
    const w = (offset + RECORD.timestamp) >>> 2;
    if (this.#isLate(words, offset)) {
      words[w] = this.#endLow;
      words[w + 1] = this.#endHigh;
      this.#totals.late++;
    }
    this.#endLow = words[w];
    this.#endHigh = words[w + 1];
  }

  #packet(
    batch: Batch,
    { first, last, endOffset: end }: Piece,
    discarded: number,
  ): Uint8Array<ArrayBuffer> {
    const { bytes, words, offsets } = batch;
    // The packet begins right before its first record: what lay there was
    // delivered before, so its place can take the new header.
    const at = offsets[first] - BLOCK.size;
    const f = offsets[first] >>> 2;
    const l = offsets[last] >>> 2;
    this.#epoch = batch.epoch;
    this.#nextSeq = batch.firstSeq + last + 1;
    this.#header(words, at, {
      begin: [words[f], words[f + 1]],
      end: [words[l], words[l + 1]],
      contentBytes: end - at,
      firstSeq: batch.firstSeq + first,
      epoch: batch.epoch,
      discarded,
    });
    const packetBytes = (end - at + 7) & ~7;
    bytes.fill(0, end, at + packetBytes);
    return bytes.subarray(at, at + packetBytes);
  }

  /** Source: `struct ivring_block`. */
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
    // Consecutive: a gap would read as lost packets of unknown content.
    set(BLOCK.packetSeqNum, this.#packets, high(this.#packets));
    this.#packets++;
    set(BLOCK.timestampBegin, ...packet.begin);
    set(BLOCK.timestampEnd, ...packet.end);
    set(BLOCK.contentSize, contentBytes * 8);
    set(BLOCK.packetSize, ((contentBytes + 7) & ~7) * 8);
    set(BLOCK.eventsDiscarded, discarded, high(discarded));
    set(BLOCK.firstSeq, firstSeq, high(firstSeq));
    set(BLOCK.cpuId, this.#ring.cpu);
    set(BLOCK.epoch, packet.epoch);
  }
}
