// SPDX-License-Identifier: MIT
/**
 * What is done whenever all that was read is written: FILE is opened anew if
 * that was asked for, and the cursor saved.
 *
 * A saved cursor says: the records before it are in FILE, up to this length of
 * it, and on the disk. After a crash FILE is cut back to that length and the
 * records behind the cursor are read again, so none is missing and none is
 * there twice. Where FILE becomes another one, by rotation or by SIGHUP, the
 * cursor is saved before anything is written to the new one. So whatever was
 * written behind a cursor is in the file that it names, under FILE's name or
 * one that begins with it; and a new FILE that it does not name is empty.
 *
 * @module
 */
import type { Libc } from "../ffi/libc.ts";
import { directoryOf } from "../ffi/sync.ts";
import { statPath } from "../ffi/stat.ts";
import type { RegionCursor } from "../ring/cursor.ts";
import type { RegionReader } from "../ring/reader.ts";
import { cursorText, saveCursor, type SavedCursor } from "./cursor_file.ts";
import { complain } from "./messages.ts";
import type { FilePlace } from "./outputs/append_file.ts";
import type { RotatingFile } from "./outputs/rotating_file.ts";
import { Trouble } from "./outputs/trouble.ts";

/** The cursor is saved this often at most, unless a guest waits for room. */
const SAVE_MS = 1000;
/** Room that it has: this share of a ring may be read and not saved. */
const UNSAVED_MAX = 1 / 4;

/** What a checkpoint is about. */
export interface CheckpointOptions {
  /** FILE, if records go to one; stays the caller's. */
  readonly file: RotatingFile | null;
  /** FILE's path. */
  readonly filePath: string;
  /** Where the cursor is kept; "" for nowhere. */
  readonly cursorPath: string;
  /** Whether a guest waits for room: what was saved is then asked for. */
  readonly lossless: boolean;
  /** Whether FILE shall be opened anew; asked once each time. */
  readonly reopenAsked: () => boolean;
}

/** Where a reader is. */
interface Place {
  readonly cursor: RegionCursor;
  /** What its guest may then overwrite; null if none asks. */
  readonly consumed: RegionCursor | null;
}

/** Keeps FILE and the cursor in step. */
export class Checkpoint {
  readonly #libc: Libc;
  readonly #options: CheckpointOptions;
  readonly #trouble: Trouble;
  #reader: RegionReader | null = null;
  #consumed: RegionCursor | null = null;
  #savedMs = -Infinity;
  #savedText = "";

  /** Does nothing yet. */
  constructor(libc: Libc, options: CheckpointOptions) {
    this.#libc = libc;
    this.#options = options;
    this.#trouble = new Trouble(options.cursorPath);
  }

  /** Whether another process may go on where this one ends. */
  get resumable(): boolean {
    return this.#options.cursorPath !== "";
  }

  /** What the saved cursor covers, if `lossless`; null before the first. */
  get consumed(): RegionCursor | null {
    return this.#consumed;
  }

  /** Begins with a reader, of which the cursor is saved from now on. */
  attached(reader: RegionReader): void {
    const { file } = this.#options;
    this.#reader = reader;
    if (file === null || !this.resumable) return;
    file.onTurn = () => {
      const place = this.#placeOf(reader);
      return () => {
        if (place !== null) this.#save(place);
      };
    };
  }

  /** Brings FILE back to where it was when the cursor was saved. */
  restore({ file: place }: SavedCursor): void {
    const { file } = this.#options;
    if (file === null || place === null) return;
    const now = file.place();
    if (now.identity !== place.identity) {
      this.#cutRenamed(place);
    } else if (now.bytes > place.bytes) {
      file.truncate(place.bytes);
    }
  }

  /**
   * To be called when everything that was delivered is written.
   *
   * @param now Whether to save the cursor even if it was saved just before.
   * @throws {Error} where the cursor cannot be saved and waiting will not help.
   */
  reached(now = false): void {
    const { file, reopenAsked } = this.#options;
    let due = now || performance.now() - this.#savedMs >= SAVE_MS ||
      this.#presses();
    if (file !== null && reopenAsked() && this.#reopen(file)) due = true;
    if (!due || !this.resumable) return;
    this.#savedMs = performance.now();
    const place = this.#reader && this.#placeOf(this.#reader);
    if (place === null) return;
    try {
      file?.sync();
      this.#save(place);
      this.#trouble.over();
    } catch (error) {
      this.#trouble.met(error);
    }
  }

  /** @returns Whether FILE is another one now. */
  #reopen(file: RotatingFile): boolean {
    try {
      if (this.resumable) file.sync();
      return file.reopen();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      complain(`${reason}: going on with the file that was open`);
      return false;
    }
  }

  #placeOf(reader: RegionReader): Place | null {
    const cursor = reader.cursor();
    if (cursor === null) return null;
    const { lossless } = this.#options;
    return { cursor, consumed: lossless ? reader.consumed() : null };
  }

  #save({ cursor: region, consumed }: Place): void {
    const { cursorPath, file } = this.#options;
    const text = cursorText({ region, file: file?.place() ?? null });
    if (text !== this.#savedText) saveCursor(this.#libc, cursorPath, text);
    this.#savedText = text;
    this.#consumed = consumed;
  }

  /** Whether a guest may soon drop records for want of a saved cursor. */
  #presses(): boolean {
    const reader = this.#reader;
    const saved = this.#consumed;
    if (saved === null || reader === null) return false;
    const now = reader.consumed();
    if (now === null || now.sessionId !== saved.sessionId) return true;
    return reader.info.rings.some(({ nrBlocks, blockBytes }, i) =>
      now.rings[i].position - saved.rings[i].position >
        nrBlocks * blockBytes * UNSAVED_MAX
    );
  }

  /** FILE was renamed after the cursor was saved, by this program or another. */
  #cutRenamed({ identity, bytes }: FilePlace): void {
    const { filePath } = this.#options;
    const folder = directoryOf(filePath);
    const name = filePath.slice(filePath.lastIndexOf("/") + 1);
    for (const entry of Deno.readDirSync(folder)) {
      if (!entry.name.startsWith(name)) continue;
      const path = `${folder}/${entry.name}`;
      const stat = statPath(this.#libc, path);
      if (stat?.identity !== identity || stat.kind !== "file") continue;
      if (stat.bytes > bytes) Deno.truncateSync(path, bytes);
      return;
    }
  }
}
