// SPDX-License-Identifier: MIT
/**
 * Numbers that look random and are the same in each run.
 *
 * @module
 */

/** A sequence of numbers that depends on its seed alone (xorshift64*). */
export class Sequence {
  #state: bigint;

  constructor(seed: string) {
    let hash = 0xcbf29ce484222325n; // FNV-1a
    for (const byte of new TextEncoder().encode(seed)) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
    this.#state = hash || 1n;
  }

  /** Returns 64 bits. */
  next(): bigint {
    let x = this.#state;
    x ^= x >> 12n;
    x = BigInt.asUintN(64, x ^ x << 25n);
    x ^= x >> 27n;
    this.#state = x;
    return BigInt.asUintN(64, x * 0x2545f4914f6cdd1dn);
  }

  /** Returns a number from 0 to `limit - 1`; 0 if there is none. */
  below(limit: number): number {
    return limit <= 0 ? 0 : Number((this.next() >> 16n) % BigInt(limit));
  }
}
