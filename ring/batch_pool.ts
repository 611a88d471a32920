// SPDX-License-Identifier: MIT
/**
 * The memory that all readers of a process copy into: taken when a ring has
 * something to read, and given back once that is delivered.
 *
 * @module
 */
import { Batch } from "./batch.ts";
import { ABI } from "./layout.ts";

/** Large enough for a block of any size, so any ring can use any batch. */
const BATCH_BYTES = ABI.BLOCK_BYTES_MAX;
/** Bytes of a batch and its index. */
const COST_BYTES = BATCH_BYTES + BATCH_BYTES / 4;
/** For all readers together, if not told otherwise. */
const LIMIT_BYTES = 32 << 20;

/** Batches of 64 KiB, shared by many rings. */
export class BatchPool {
  readonly #spare: Batch[] = [];
  #left: number;

  /** @param limitBytes Memory that it may take in all: 80 KiB a batch. */
  constructor(limitBytes = LIMIT_BYTES) {
    this.#left = Math.max(1, Math.floor(limitBytes / COST_BYTES));
  }

  /**
   * An empty batch for a ring with blocks of this size.
   *
   * @returns Null where all are in use: more comes once some are given back.
   */
  take(blockBytes: number): Batch | null {
    let batch = this.#spare.pop();
    if (batch === undefined) {
      if (this.#left === 0) return null;
      this.#left--;
      batch = new Batch(BATCH_BYTES / blockBytes, blockBytes);
    }
    batch.reshape(blockBytes);
    return batch;
  }

  /** Takes a batch back; it must not be looked at any more. */
  give(batch: Batch): void {
    this.#spare.push(batch);
  }
}
