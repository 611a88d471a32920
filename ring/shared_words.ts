// SPDX-License-Identifier: MIT
/**
 * Atomic loads from a shared region, and nothing else: whatever is more than
 * one word is copied to private memory first and looked at there.
 *
 * @module
 */
import { ABI } from "./layout.ts";

const HIGH = 0x100000000;

/** The region as 64-bit words. Offsets are bytes and multiples of 8. */
export class SharedWords {
  readonly #words: BigUint64Array<ArrayBuffer>;
  readonly #scratch = new BigUint64Array(1);
  readonly #halves = new Uint32Array(this.#scratch.buffer);
  readonly #fence = new Int32Array(new SharedArrayBuffer(4));

  /** @param buffer The region's memory, or the part of it that may be read. */
  constructor(buffer: ArrayBuffer) {
    this.#words = new BigUint64Array(
      buffer,
      0,
      Math.floor(buffer.byteLength / 8),
    );
  }

  /** One 64-bit word, exactly; a load-acquire. */
  load(offset: number): bigint {
    // MO(SharedWords.load:A) has no pair of its own: its callers name theirs.
    return Atomics.load(this.#words, offset / 8);
  }

  /**
   * One 64-bit word as a number; a load-acquire.
   *
   * @returns The value, or -1 where it is at or above `ABI.POSITION_LIMIT`,
   * which no honest position, sequence or block number reaches.
   */
  loadNumber(offset: number): number {
    // Through a scratch word: converting each bigint costs three times as much.
    // MO(SharedWords.loadNumber:A) has no pair of its own: see its callers.
    this.#scratch[0] = Atomics.load(this.#words, offset / 8);
    const value = this.#halves[1] * HIGH + this.#halves[0];
    return value < ABI.POSITION_LIMIT ? value : -1;
  }

  /**
   * A barrier: the copies before it are done before the loads after it. It is a
   * read-modify-write of a private word, because an atomic load alone does not
   * hold back earlier plain loads on every machine.
   */
  fence(): void {
    // MO(SharedWords.fence:A) has no pair of its own: its callers name theirs.
    Atomics.add(this.#fence, 0, 1);
  }
}

/** Returns a 64-bit little-endian field of private memory, or -1 if too big. */
export function numberAt(words: Uint32Array, byteOffset: number): number {
  const i = byteOffset >>> 2;
  const value = words[i + 1] * HIGH + words[i];
  return value < ABI.POSITION_LIMIT ? value : -1;
}
