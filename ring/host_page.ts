// SPDX-License-Identifier: MIT
/**
 * What the host says to the guest, in pages that only the host writes:
 * `struct ivring_host` and `struct ivring_consumer` of `guest/ivring_abi.h`.
 * Nothing that is found there is trusted: the guest can write to it, too.
 *
 * @module
 */
import type { RegionCursor } from "./cursor.ts";
import { CONSUMER, HOST } from "./layout.ts";

/** Where and when a guest rings. */
export interface Arming {
  /** Another one for each time; never 0. */
  readonly armed: number;
  /** For the device's doorbell register: peer << 16 | vector. */
  readonly doorbell: number;
  /** Bytes committed to one ring before it rings; 0 for at once. */
  readonly thresholdBytes: number;
}

/** The host pages of one region. */
export class HostPage {
  readonly #halves: Uint32Array<ArrayBuffer>;
  readonly #words: BigUint64Array<ArrayBuffer>;
  readonly #nrRings: number;

  /** @param buffer The region's host pages, for writing. */
  constructor(buffer: ArrayBuffer, nrRings: number) {
    this.#halves = new Uint32Array(buffer, 0, HOST.size / 4);
    const bytes = HOST.size + nrRings * CONSUMER.size;
    this.#words = new BigUint64Array(buffer, 0, bytes / 8);
    this.#nrRings = nrRings;
  }

  /**
   * Tells the guest to ring once. `armed` is stored last: a guest that sees it
   * sees the rest. It is a sequentially consistent store, so the reader's next
   * load of a `commit` comes after it: pairs with the guest's store of `commit`
   * and load of `armed` behind it, which may pass each other all the same; then
   * it does not ring, and the reader's longest sleep bounds the delay.
   */
  arm({ armed, doorbell, thresholdBytes }: Arming): void {
    Atomics.store(this.#halves, HOST.doorbell / 4, doorbell);
    Atomics.store(this.#halves, HOST.thresholdBytes / 4, thresholdBytes);
    Atomics.store(this.#halves, HOST.armed / 4, armed);
  }

  /**
   * Tells the guest what may be overwritten. The copies of it were made before:
   * each store is a release, and pairs with the guest's load of `position`
   * before it writes there. A process may be killed between any two stores:
   * `next_seq` before `position`, so that what was delivered stays known.
   *
   * @param cursor With as many rings as the region has.
   */
  consume({ sessionId, rings }: RegionCursor): void {
    for (let i = 0; i < this.#nrRings; i++) {
      const { position, seq, next, drops } = rings[i];
      const at = HOST.size + i * CONSUMER.size;
      this.#store(at + CONSUMER.drops, BigInt(drops));
      this.#store(at + CONSUMER.nextSeq, BigInt(next));
      this.#store(at + CONSUMER.position, BigInt(position));
      this.#store(at + CONSUMER.seq, BigInt(seq));
    }
    // Behind the positions: those of another session mean nothing in this one.
    this.#store(HOST.sessionId, sessionId);
  }

  /** Shows that the consumer lives. @param count Another one each time. */
  beat(count: bigint): void {
    this.#store(HOST.beat, count);
  }

  #store(offset: number, value: bigint): void {
    Atomics.store(this.#words, offset / 8, value);
  }
}
