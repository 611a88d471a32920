// SPDX-License-Identifier: MIT
/**
 * A private copy of the newest blocks of a region at one moment, so that a
 * guest that goes on writing cannot overwrite what was not searched yet.
 *
 * @module
 */
import { readHeader, type RegionInfo } from "./header.ts";
import {
  ABI,
  BLOCK,
  LIVE,
  REGION_HEADER,
  RING_DESC,
  RING_LIVE,
} from "./layout.ts";
import type { RingInfo } from "./ring_geometry.ts";
import { type RingMark, RingSource } from "./ring_source.ts";
import { SharedWords } from "./shared_words.ts";

/** How many times to begin again if the guest was faster than the copy. */
const ATTEMPTS = 8;
/**
 * Bytes of all rings that are copied at once, which takes some milliseconds.
 */
const COPIED_BYTES = 64 << 20;

/**
 * A copy, which is a region of the same size and layout, of which only the
 * copied parts take memory. It is read like any other region.
 */
export class Snapshot {
  /** The copy. */
  readonly buffer: ArrayBuffer;
  /** How far each ring was written, and is in the copy. */
  readonly marks: readonly RingMark[];
  readonly #source: ArrayBuffer;
  readonly #info: RegionInfo;
  readonly #words: SharedWords;
  readonly #rings: readonly RingSource[];
  readonly #from: number[];
  /** The newest block of each ring that was overwritten during its copy. */
  readonly #gone: number[];

  private constructor(source: ArrayBuffer, info: RegionInfo) {
    const bytes = new Uint8Array(source);
    this.#source = source;
    this.#info = info;
    this.#words = new SharedWords(source);
    this.#rings = info.rings.map((ring) =>
      new RingSource(bytes, this.#words, ring)
    );
    this.buffer = new ArrayBuffer(info.regionBytes);
    this.marks = this.#rings.map((ring) => ring.mark());
    this.#gone = info.rings.map(() => 0);
    this.#from = info.rings.map((ring, i) => newestOf(ring, this.marks[i]) + 1);
    // Copies the newest blocks of every ring first, then further ones.
    this.deepen(this.#from.map((from) => from - 1));
    this.deepen(this.#from.map((from, i) => from - this.#share(i)));
    this.#copyRest();
  }

  /**
   * Copies the newest blocks of each ring, or all blocks if they are few.
   *
   * @returns Null if no header is written yet, or if it is just being written.
   * @throws What `readHeader` does.
   */
  static of(source: ArrayBuffer): Snapshot | null {
    for (let attempt = 1;; attempt++) {
      const info = readHeader(source);
      if (info === null) return null;
      const snapshot = new Snapshot(source, info);
      const isWhole = snapshot.#isWhole();
      if (attempt < ATTEMPTS && (snapshot.#isMeagre() || !isWhole)) continue;
      return isWhole && snapshot.#sessionHolds() ? snapshot : null;
    }
  }

  /**
   * Copies more blocks, as far as they are still there.
   *
   * @param starts The oldest block that is wanted of each ring.
   */
  deepen(starts: readonly number[]): void {
    starts.forEach((start, i) => this.#copyBlocks(i, start));
  }

  /** The oldest block of each ring that was copied, or that was tried. */
  get from(): readonly number[] {
    return this.#from;
  }

  /**
   * Tells whether the copy has the header that was validated: the guest may
   * have been writing another one while it was copied.
   */
  #isWhole(): boolean {
    try {
      return readHeader(this.buffer)?.checksum === this.#info.checksum;
    } catch {
      return false; // torn, or another one that cannot be read
    }
  }

  /**
   * Tells whether more than half of what was to be copied of some ring was
   * overwritten.
   */
  #isMeagre(): boolean {
    return this.#gone.some((gone, i) => {
      const newest = newestOf(this.#info.rings[i], this.marks[i]);
      return gone > 0 && newest - gone < (newest + 1 - this.#from[i]) / 2;
    });
  }

  /** Returns how many blocks of a ring are copied at once. */
  #share(index: number): number {
    const { rings, blockBytes } = this.#info;
    const share = COPIED_BYTES / rings.length / blockBytes;
    return Math.min(Math.floor(share), rings[index].nrBlocks - 1);
  }

  #copyBlocks(index: number, start: number): void {
    const { dataOffset, nrBlocks, blockBytes } = this.#info.rings[index];
    const to = new Uint8Array(this.buffer);
    const from = new Uint8Array(this.#source);
    const ring = this.#rings[index];
    const newest = newestOf(this.#info.rings[index], this.marks[index]);
    const least = Math.max(1, start, newest - nrBlocks + 1);
    // Copies backwards from the newest block, because what is kept has to reach
    // the end.
    while (this.#from[index] > least) {
      const block = --this.#from[index];
      const slot = dataOffset + (block % nrBlocks) * blockBytes;
      to.set(from.subarray(slot, slot + blockBytes), slot);
      // MO(Snapshot.copyBlocks:A) pairs with number_barrier:A, number_barrier:B
      // and ivring_region_attach:C, as RingReader.drain:A does.
      this.#words.fence();
      if (ring.stillHolds(block) && this.#sessionHolds()) continue;
      this.#gone[index] = Math.max(this.#gone[index], block);
      new DataView(this.buffer).setBigUint64(slot + BLOCK.packetSeqNum, 0n);
    }
  }

  /** Copies everything that is not the data of a ring. */
  #copyRest(): void {
    const { liveOffset, metaOffset, metaPartBytes, rings } = this.#info;
    const copy = (offset: number, bytes: number) =>
      new Uint8Array(this.buffer).set(
        new Uint8Array(this.#source, offset, bytes),
        offset,
      );
    copy(0, REGION_HEADER.size);
    copy(liveOffset, LIVE.size);
    copy(metaOffset, metaPartBytes * ABI.META_PARTS);
    const view = new DataView(this.buffer);
    const put = (offset: number, value: number) =>
      view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
    rings.forEach(({ descOffset }, i) => {
      copy(descOffset, RING_DESC.size);
      const { commit, seq } = this.marks[i];
      put(descOffset + RING_DESC.live + RING_LIVE.commit, commit);
      put(descOffset + RING_DESC.live + RING_LIVE.commitSeq, seq);
    });
  }

  #sessionHolds(): boolean {
    return this.#words.load(REGION_HEADER.sessionId) === this.#info.sessionId;
  }
}

/** Returns the block of the last committed byte; 0 if there is none. */
export function newestOf(
  { blockBytes }: RingInfo,
  { commit }: RingMark,
): number {
  const position = commit - commit % 8;
  return Math.max(0, Math.ceil(position / blockBytes) - 1);
}
