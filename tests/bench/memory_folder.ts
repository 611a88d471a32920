// SPDX-License-Identifier: MIT
/**
 * Makes a folder in memory for what readers write. It is not in /dev/shm,
 * because Deno lets only a program with all permissions write below /dev.
 *
 * @module
 */
import { SmallDisk, whyNoSmallDisk } from "../support/small_disk.ts";

/** The most that it may take; only what is written takes memory. */
const OPTIONS = "size=8g";

/** A tmpfs of our own, or a folder on disk if none can be mounted. */
export class MemoryFolder implements Disposable {
  readonly path: string;
  /** Says so if the folder is on disk. */
  readonly remarks: readonly string[];
  readonly #disk: SmallDisk | null;
  #count = 0;

  /** @param fallback A folder on disk, which the caller keeps. */
  constructor(fallback: string) {
    const why = whyNoSmallDisk();
    this.#disk = why === "" ? new SmallDisk(OPTIONS) : null;
    this.path = this.#disk?.path ?? fallback;
    this.remarks = this.#disk === null
      ? [`Files and traces were written to disk: ${why}.`]
      : [];
  }

  /** Returns a new path, and removes what was at the last one. */
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
