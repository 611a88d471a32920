// SPDX-License-Identifier: MIT
/**
 * Random numbers from a seed, so that every case can be made again.
 *
 * @module
 */

/** A xorshift32 generator. */
export class Random {
  #state: number;

  /** @param seed Any number; equal seeds give equal sequences. */
  constructor(seed: number) {
    // Neighbouring seeds must not begin alike.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
    for (let i = 0; i < 4; i++) this.next();
  }

  /** 32 random bits. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** 0 to `limit - 1`. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** True once in `n`. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  /** One of the given. */
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
}
