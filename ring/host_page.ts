// SPDX-License-Identifier: MIT
/**
 * Writes what the host says to the guest, into pages that only the host should
 * write: `struct ivring_host` and `struct ivring_consumer` of
 * `guest/ivring_abi.h`. Nothing that is found there is trusted, because the
 * guest can write to them, too.
 *
 * @module
 */
import type { RegionCursor } from "./cursor.ts";
import { CONSUMER, HOST } from "./layout.ts";

/** How and when a guest rings the doorbell. */
export interface Arming {
  /** A different number each time; never 0. */
  readonly armed: number;
  /** The value for the device's doorbell register: peer << 16 | vector. */
  readonly doorbell: number;
  /** Bytes committed to one ring before the guest rings; 0 for at once. */
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
   * sees the rest.
   */
  arm({ armed, doorbell, thresholdBytes }: Arming): void {
    // MO(HostPage.arm:A) pairs with ring:A. See HostPage.arm:C.
    Atomics.store(this.#halves, HOST.doorbell / 4, doorbell);
    // MO(HostPage.arm:B) pairs with threshold_bytes:A. See HostPage.arm:C.
    Atomics.store(this.#halves, HOST.thresholdBytes / 4, thresholdBytes);
    // MO(HostPage.arm:C) pairs with load_armed:A and must_ring:A. If load_armed:A
    // reads the arming stored here, ring:A and threshold_bytes:A read what is
    // stored above, or later. The store is sequentially consistent, so that the
    // reader's next load of a `commit` comes after it. The guest's store of
    // `commit` and its look at must_ring:A may pass each other all the same: then
    // it does not ring, and the reader's longest sleep bounds the delay.
    Atomics.store(this.#halves, HOST.armed / 4, armed);
  }

  /**
   * Tells the guest what may be overwritten. The copies of it were made before.
   * A process may be killed between any two stores: `next_seq` is stored before
   * `position`, so that what was delivered stays known.
   *
   * @param cursor A cursor with as many rings as the region has.
   */
  consume({ sessionId, rings }: RegionCursor): void {
    for (let i = 0; i < this.#nrRings; i++) {
      const { position, seq, next, drops } = rings[i];
      const at = HOST.size + i * CONSUMER.size;
      this.#store(at + CONSUMER.drops, BigInt(drops));
      this.#store(at + CONSUMER.nextSeq, BigInt(next));
      // MO(HostPage.consume:A) pairs with is_unread:B. If that reads the position
      // stored here, the copies of what lies before it are over.
      this.#store(at + CONSUMER.position, BigInt(position));
      this.#store(at + CONSUMER.seq, BigInt(seq));
    }
    // Behind the positions: those of another session mean nothing in this one.
    // MO(HostPage.consume:B) pairs with is_unread:A. If that reads the session
    // stored here, is_unread:B reads a position stored above, or a later one.
    this.#store(HOST.sessionId, sessionId);
  }

  /** Shows that the consumer lives. @param count A different one each time. */
  beat(count: bigint): void {
    this.#store(HOST.beat, count);
  }

  #store(offset: number, value: bigint): void {
    // MO(HostPage.store:A) has no pair of its own: its callers name theirs.
    Atomics.store(this.#words, offset / 8, value);
  }
}
