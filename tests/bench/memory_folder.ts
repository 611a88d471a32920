// SPDX-License-Identifier: MIT
/**
 * A folder in memory for what readers write. Not in /dev/shm: Deno lets nobody
 * without all permissions write below /dev.
 *
 * @module
 */
import { SmallDisk, whyNoSmallDisk } from "../support/small_disk.ts";

/** Only what is written takes memory. */
const OPTIONS = "size=8g";

/** A tmpfs of our own; where none can be mounted, a folder on disk. */
export class MemoryFolder implements Disposable {
  readonly path: string;
  /** Says so, if it is on disk. */
  readonly remarks: readonly string[];
  readonly #disk: SmallDisk | null;
  #count = 0;

  /** @param fallback Folder on disk; stays the caller's. */
  constructor(fallback: string) {
    const why = whyNoSmallDisk();
    this.#disk = why === "" ? new SmallDisk(OPTIONS) : null;
    this.path = this.#disk?.path ?? fallback;
    this.remarks = this.#disk === null
      ? [`Files and traces were written to disk: ${why}.`]
      : [];
  }

  /** A new path; what was at the last one is removed. */
  next(): string {
    this.#remove();
    return `${this.path}/trace-${++this.#count}`;
  }

  [Symbol.dispose](): void {
    this.#remove();
    this.#disk?.[Symbol.dispose]();
  }

  #remove(): void {
    try {
      const last = `${this.path}/trace-${this.#count}`;
      Deno.removeSync(last, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
