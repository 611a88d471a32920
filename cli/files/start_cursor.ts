// SPDX-License-Identifier: MIT
/**
 * Where reading begins: at a saved cursor, or where the consumer before this
 * one was, or at the oldest record.
 *
 * @module
 */
import { shownText } from "../../ffi/c_text.ts";
import type { BatchPool } from "../../ring/batch_pool.ts";
import { CursorError } from "../../ring/cursor.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RegionStart } from "../../ring/region.ts";
import type { Totals } from "../../ring/totals.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type CursorFile, refusal } from "./cursor_file.ts";
import type { SavedCursor } from "./cursor_text.ts";
import { complainOfDoubts } from "../regions/doubts.ts";
import { CommandError } from "../errors.ts";
import type { Messages } from "../console/messages.ts";

/** What a reader is made with. All stay the caller's. */
export interface StartOptions {
  /** The object's name. */
  readonly name: string;
  /** Counted on in. */
  readonly totals: Totals;
  /** Lends memory. */
  readonly pool: BatchPool;
  /** Looks for what is in the file already. */
  readonly checkpoint: Checkpoint;
}

/** The cursor to begin with; used once at most. */
export class StartCursor {
  readonly #file: CursorFile | null;
  readonly #messages: Messages;
  #saved: SavedCursor | null = null;
  #awaited: boolean;

  /**
   * Loads it, if there is one.
   *
   * @param file Where it is kept; closed by the caller.
   * @param incoming Whether to wait until it has been copied here.
   * @throws {CommandError} where the file is no cursor.
   */
  constructor(file: CursorFile | null, incoming: boolean, messages: Messages) {
    this.#file = file;
    this.#messages = messages;
    this.#awaited = incoming;
    if (!this.#awaited) this.#load();
  }

  /**
   * What has to come before anything is read.
   *
   * @returns For people; "" for nothing.
   * @throws {CommandError} where it has come and is no cursor.
   */
  awaits(): string {
    if (!this.#awaited || this.#file === null) return "";
    if (!this.#file.hasArrived()) return `no cursor in ${this.#file.path} yet`;
    this.#awaited = false;
    this.#load();
    return "";
  }

  /**
   * Begins to read.
   *
   * @param consumed Where to begin if no cursor is saved.
   * @throws As `RegionReader`; {CommandError} where the cursor cannot be of
   * this region, or is another guest's.
   */
  open(
    buffer: ArrayBuffer,
    consumed: RegionStart | null,
    { name, totals, pool, checkpoint }: StartOptions,
  ): RegionReader {
    const saved = this.#saved;
    const start = saved?.region ?? (this.#file === null ? consumed : null);
    let reader: RegionReader;
    try {
      reader = new RegionReader(buffer, totals, start, pool);
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      throw this.#file === null ? error : refusal(this.#file.path, error);
    }
    this.#saved = null; // whatever comes next is not where it was made
    const path = this.#file?.path ?? "";
    if (saved !== null && reader.resumed) {
      checkpoint.resume(saved, reader);
    } else if (saved !== null && saved.region !== null) {
      checkObject(path, saved, name);
      this.#messages.note(
        `${path} is of another session: starting at the oldest record`,
      );
    }
    complainOfDoubts(path || name, reader.doubts);
    return reader;
  }

  #load(): void {
    // Also with --incoming: a reader that was killed finds the cursor that it
    // saved itself. That of another host names no file that is here.
    this.#saved = this.#file?.load() ?? null;
  }
}

/**
 * A cursor of another session is no longer of use, unless it is of another
 * object: then it is another reader's, and is not replaced.
 */
function checkObject(path: string, { object }: SavedCursor, name: string) {
  if (object === null || object === name) return;
  const [theirs, ours] = [object, name].map(shownText);
  throw new CommandError(
    `is the cursor of another object, ${theirs}, and not of ${ours}`,
    {
      subject: path,
      todo: "give another --cursor-file, or remove that one if nobody needs " +
        "it any more",
    },
  );
}
