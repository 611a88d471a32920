// SPDX-License-Identifier: MIT
/**
 * The memory that all readers of a process copy into. It is taken to read a
 * ring, and given back once what was read is delivered.
 *
 * @module
 */
import { Batch } from "./batch.ts";
import { ABI } from "./layout.ts";

/** A batch has room for the largest block, so that any ring can use it. */
const BATCH_BYTES = ABI.BLOCK_BYTES_MAX;
/** Bytes of a batch and its index. */
const COST_BYTES = BATCH_BYTES + BATCH_BYTES / 4;
/** Memory for all readers together, unless the caller gives another limit. */
const LIMIT_BYTES = 32 << 20;

/** How many batches a region may have, whatever others hold. */
const RESERVED = 4;

/** A source of batches. */
export interface BatchLender {
  /**
   * Returns an empty batch for a ring with blocks of this size.
   *
   * @returns Null if all are in use, until some are given back.
   */
  take(blockBytes: number): Batch | null;
  /** Takes a batch back; the caller must not use it any more. */
  give(batch: Batch): void;
}

/** Lends batches of 64 KiB to many rings. */
export class BatchPool {
  readonly #spare: Batch[] = [];
  #left: number;

  /**
   * @param limitBytes Memory that it may take, at 80 KiB a batch. Beyond that,
   * a region gets a batch only as long as it has fewer than four.
   */
  constructor(limitBytes = LIMIT_BYTES) {
    this.#left = Math.max(1, Math.floor(limitBytes / COST_BYTES));
  }

  /**
   * Returns the pool as one region sees it: no other region can leave it
   * without batches.
   */
  share(): BatchLender {
    let held = 0;
    return {
      take: (blockBytes) => {
        const batch = this.#take(blockBytes, held < RESERVED);
        if (batch !== null) held++;
        return batch;
      },
      give: (batch) => {
        held--;
        this.#give(batch);
      },
    };
  }

  #take(blockBytes: number, reserved: boolean): Batch | null {
    let batch = this.#spare.pop();
    if (batch === undefined) {
      if (this.#left <= 0 && !reserved) return null;
      this.#left--;
      batch = new Batch(BATCH_BYTES / blockBytes, blockBytes);
    }
    batch.reshape(blockBytes);
    return batch;
  }

  #give(batch: Batch): void {
    // Batches beyond the limit are released.
    if (this.#left < 0) this.#left++;
    else this.#spare.push(batch);
  }
}
