// SPDX-License-Identifier: MIT
/**
 * Where reading begins: at a saved cursor, or where the consumer before this
 * one was, or at the oldest record.
 *
 * @module
 */
import type { Libc } from "../ffi/libc.ts";
import type { BatchPool } from "../ring/batch_pool.ts";
import { CursorError, type RegionCursor } from "../ring/cursor.ts";
import { RegionReader } from "../ring/reader.ts";
import type { Totals } from "../ring/totals.ts";
import type { Checkpoint } from "./checkpoint.ts";
import {
  hasArrived,
  loadCursor,
  refusal,
  type SavedCursor,
} from "./cursor_file.ts";
import type { Messages } from "./messages.ts";
import type { OptionValues } from "./options.ts";

/** What a reader is made with. All stay the caller's. */
export interface StartOptions {
  /** Counted on in. */
  readonly totals: Totals;
  /** Lends memory. */
  readonly pool: BatchPool;
  /** Brings the file back to where the cursor was saved. */
  readonly checkpoint: Checkpoint;
}

/** The cursor to begin with; used once at most. */
export class StartCursor {
  readonly #libc: Libc;
  readonly #path: string;
  readonly #incoming: boolean;
  readonly #messages: Messages;
  #saved: SavedCursor | null = null;
  #awaited: boolean;

  /**
   * Loads it, if there is one.
   *
   * @throws {CommandError} where the file is no cursor.
   */
  constructor(libc: Libc, options: OptionValues, messages: Messages) {
    this.#libc = libc;
    this.#path = options["cursor-file"];
    this.#incoming = options.incoming;
    this.#messages = messages;
    this.#awaited = options.incoming;
    if (!this.#awaited) this.#load();
  }

  /**
   * What has to come before anything is read.
   *
   * @returns For people; "" for nothing.
   * @throws {CommandError} where it has come and is no cursor.
   */
  awaits(): string {
    if (!this.#awaited) return "";
    if (!hasArrived(this.#libc, this.#path)) {
      return `no cursor in ${this.#path} yet`;
    }
    this.#awaited = false;
    this.#load();
    return "";
  }

  /**
   * Begins to read; brings the file back to where the cursor was saved.
   *
   * @param consumed Where to begin if no cursor is saved.
   * @throws As `RegionReader`; {CommandError} where the cursor cannot be of
   * this region.
   */
  open(
    buffer: ArrayBuffer,
    consumed: RegionCursor | null,
    { totals, pool, checkpoint }: StartOptions,
  ): RegionReader {
    const saved = this.#saved;
    const start = saved?.region ?? (this.#path === "" ? consumed : null);
    let reader: RegionReader;
    try {
      reader = new RegionReader(buffer, totals, start, pool);
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      throw refusal(this.#path, error);
    }
    this.#saved = null; // whatever comes next is not where it was made
    if (saved !== null && reader.resumed) checkpoint.restore(saved);
    else if (saved !== null) {
      this.#messages.note(
        `${this.#path} is of another session: starting at the oldest record`,
      );
    }
    return reader;
  }

  #load(): void {
    const saved = this.#path === "" ? null : loadCursor(this.#libc, this.#path);
    // The other host's file is not this one's, though its numbers may be.
    this.#saved = saved && this.#incoming ? { ...saved, file: null } : saved;
  }
}
