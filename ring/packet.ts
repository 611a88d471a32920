// SPDX-License-Identifier: MIT
/**
 * Sealing: validated blocks become CTF 1.8 packets that any tool can open.
 * Nothing is encoded again; only the 64-byte header in front is made anew, from
 * what was validated: a block may be open, come in several pieces, or follow
 * lost ones.
 *
 * @module
 */
import type { Batch } from "./batch.ts";
import type { RingInfo } from "./ring_geometry.ts";
import { ABI, BLOCK, PART, RECORD, TAKEOVER } from "./layout.ts";

/** Ids that the trace's metadata describes; others become `ABI.ID_OPAQUE`. */
const DESCRIBED: ReadonlySet<number> = new Set([
  ABI.ID_MESSAGE,
  ABI.ID_PART,
  ABI.ID_TAKEOVER,
  ABI.ID_OPAQUE,
]);

/** Makes the packets of one CTF stream, that is of one ring and epoch. */
export class PacketSealer {
  readonly #ring: RingInfo;
  #packets = 0;
  #epoch = 0;
  #nextSeq = 0;
  #clamped = 0;
  /** Time of the last record sealed. */
  #endLow = 0;
  #endHigh = 0;

  /** @param ring Gives stream and CPU. */
  constructor(ring: RingInfo) {
    this.#ring = ring;
  }

  /** Records whose time fell and was raised to that of the one before. */
  get clamped(): number {
    return this.#clamped;
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
    const { offsets, blockBytes, count } = batch;
    for (let first = 0; first < count;) {
      const block = Math.floor(offsets[first] / blockBytes);
      let next = first;
      while (
        next < count && Math.floor(offsets[next] / blockBytes) === block
      ) {
        this.#demote(batch, offsets[next]);
        this.#clamp(batch.words, offsets[next]);
        next++;
      }
      write(this.#packet(batch, first, next - 1, discarded));
      first = next;
    }
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
      contentBytes: BLOCK.size,
      firstSeq: this.#nextSeq,
      epoch: this.#epoch,
      discarded,
    });
    return packet;
  }

  /** What metadata cannot describe must not stand in the trace. */
  #demote(batch: Batch, offset: number): void {
    const w = (offset + RECORD.id) >>> 2;
    const word = batch.words[w];
    const id = word & 0xffff;
    const bytes = word >>> 16;
    const fits = DESCRIBED.has(id) && partFits(batch, offset, id, bytes) &&
      (id !== ABI.ID_TAKEOVER || bytes === TAKEOVER.size);
    if (!fits) batch.words[w] = (word & 0xffff0000) | ABI.ID_OPAQUE;
  }

  /** CTF tools refuse a whole stream in which the time falls once. */
  #clamp(words: Uint32Array, offset: number): void {
    const w = (offset + RECORD.timestamp) >>> 2;
    const high = words[w + 1];
    if (
      high < this.#endHigh ||
      (high === this.#endHigh && words[w] < this.#endLow)
    ) {
      words[w] = this.#endLow;
      words[w + 1] = this.#endHigh;
      this.#clamped++;
    }
    this.#endLow = words[w];
    this.#endHigh = words[w + 1];
  }

  #packet(
    batch: Batch,
    first: number,
    last: number,
    discarded: number,
  ): Uint8Array<ArrayBuffer> {
    const { bytes, words, offsets } = batch;
    const end = offsets[last] + RECORD.size +
      (words[(offsets[last] + RECORD.len) >>> 2] >>> 16);
    // The packet begins right before its first record: what lay there was
    // delivered before, so its place can take the new header.
    const at = offsets[first] - BLOCK.size;
    const f = offsets[first] >>> 2;
    this.#epoch = batch.epoch;
    this.#nextSeq = batch.firstSeq + last + 1;
    this.#header(words, at, {
      begin: [words[f], words[f + 1]],
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
    set(BLOCK.timestampEnd, this.#endLow, this.#endHigh);
    set(BLOCK.contentSize, contentBytes * 8);
    set(BLOCK.packetSize, ((contentBytes + 7) & ~7) * 8);
    set(BLOCK.eventsDiscarded, discarded, high(discarded));
    set(BLOCK.firstSeq, firstSeq, high(firstSeq));
    set(BLOCK.cpuId, this.#ring.cpu);
    set(BLOCK.epoch, packet.epoch);
  }
}

/** A part's own count of bytes has to be the record's. */
function partFits(
  batch: Batch,
  offset: number,
  id: number,
  payloadBytes: number,
): boolean {
  if (id !== ABI.ID_PART) return true;
  const at = offset + RECORD.size + PART.id;
  const data = batch.words[at >>> 2] >>> 16; // PART.dataBytes, the upper half
  return payloadBytes >= PART.size && data === payloadBytes - PART.size;
}
