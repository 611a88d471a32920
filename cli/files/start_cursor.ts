// SPDX-License-Identifier: MIT
/**
 * Decides where reading begins: at a saved cursor, where the previous consumer
 * was, or at the oldest record.
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
import { complainOfDoubts } from "../regions/cursor_doubts.ts";
import { CommandError } from "../errors.ts";
import type { Messages } from "../console/messages.ts";

/** What a reader is made with. Everything stays the caller's. */
export interface StartOptions {
  /** The object's name. */
  readonly name: string;
  /** The totals to which the reader adds. */
  readonly totals: Totals;
  /** The pool that lends memory. */
  readonly pool: BatchPool;
  /** Finds what the file already contains. */
  readonly checkpoint: Checkpoint;
}

/** The cursor to begin with, which is used at most once. */
export class StartCursor {
  readonly #file: CursorFile | null;
  readonly #messages: Messages;
  #saved: SavedCursor | null = null;
  #awaited: boolean;

  /**
   * Loads the cursor, if there is one.
   *
   * @param file The file that holds it; closed by the caller.
   * @param incoming Whether to wait until it has been copied here.
   * @throws {CommandError} if the file is not a cursor.
   */
  constructor(file: CursorFile | null, incoming: boolean, messages: Messages) {
    this.#file = file;
    this.#messages = messages;
    this.#awaited = incoming;
    if (!this.#awaited) this.#load();
  }

  /**
   * Returns what has to arrive before anything is read.
   *
   * @returns A text for people; "" for nothing.
   * @throws {CommandError} if the file has arrived and is not a cursor.
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
   * @throws What `RegionReader` throws; {CommandError} if the cursor cannot
   * belong to this region, or is another guest's.
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
    this.#saved = null; // a region that comes next is another one
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
    // The cursor is loaded with --incoming, too, because a reader that was
    // killed finds the one that it saved itself. A cursor from another host
    // names no file of this one.
    this.#saved = this.#file?.load() ?? null;
  }
}

/**
 * Checks that a cursor of another session may be replaced. It may, because it
 * is of no use any more, unless it names another object: then another reader
 * needs it.
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
