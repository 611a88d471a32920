// SPDX-License-Identifier: MIT
/**
 * Runs whenever everything that was read is also written. It opens FILE again
 * if that was asked for or if FILE was removed, and it saves the cursor.
 *
 * A saved cursor says that the records before it are in FILE, up to a certain
 * length of FILE, and on the disk. After a crash the records behind the cursor
 * are read again. Those whose lines already stand behind that length are left
 * out, so that none is missing and none is there twice. (Others may have
 * appended lines of text that are equal to those of records and cannot be told
 * from them: such a record is then missing. In JSON no two records have equal
 * lines.)
 *
 * The cursor is saved before the first record is written. If FILE becomes
 * another file, by rotation or by SIGHUP, the cursor is saved before that, when
 * it covers all of the old file, and again before anything is written to the
 * new one. So whatever was written behind a cursor is in a file that still has
 * FILE's name, or had it until just now.
 *
 * While lines are left out the cursor is not saved, because it would be in
 * front of lines that it does not cover.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { RegionCursor } from "../../ring/cursor.ts";
import type { RegionReader } from "../../ring/region_reader.ts";
import type { RingMark } from "../../ring/ring_source.ts";
import type { CursorFile } from "./cursor_file.ts";
import { cursorText, type SavedCursor } from "./cursor_text.ts";
import { CommandError } from "../errors.ts";
import { explain } from "../console/explain.ts";
import { complain } from "../console/messages.ts";
import type { FilePlace } from "./file_place.ts";
import type { RotatingFile } from "./rotating_file.ts";
import { PassingError, Trouble } from "../console/write_trouble.ts";
import { resumeFile } from "./resume_file.ts";

/**
 * The shortest time between two saves of the cursor, unless a guest waits for
 * room.
 */
const SAVE_MS = 1000;
/**
 * How many bytes of FILE may be behind the cursor, besides what one round
 * writes. After a crash the next reader keeps them in memory.
 */
const UNSAVED_BYTES = 32 << 20;
/**
 * The share of a ring that may be read and not saved while a guest waits for
 * room.
 */
const UNSAVED_MAX = 1 / 4;

/** What a checkpoint needs. */
export interface CheckpointOptions {
  /** FILE, if records go to one; stays the caller's. */
  readonly file: RotatingFile | null;
  /** FILE's path. */
  readonly filePath: string;
  /** Where the cursor is kept, if anywhere; the caller closes it. */
  readonly cursorFile: CursorFile | null;
  /** Whether a guest waits for room, and so needs to know what was saved. */
  readonly lossless: boolean;
  /**
   * Tells whether FILE has to be opened again. Each request is returned once.
   */
  readonly reopenAsked: () => boolean;
  /** Whether no two records have equal lines. */
  readonly distinct: boolean;
}

/** How far a reader has come. */
interface Place {
  readonly cursor: RegionCursor;
  /** The cursor up to which the guest may overwrite; null if no guest waits. */
  readonly consumed: RegionCursor | null;
}

/** Keeps FILE and the saved cursor consistent with each other. */
export class Checkpoint {
  readonly #libc: Libc;
  readonly #options: CheckpointOptions;
  readonly #trouble: Trouble;
  #reader: RegionReader | null = null;
  #consumed: RegionCursor | null = null;
  #savedMs = -Infinity;
  #savedText = "";
  /** FILE, as the saved cursor names it. */
  #savedFile: FilePlace | null = null;
  /** How far each ring was written when this reader began. */
  #marks: readonly RingMark[] = [];
  /** The session of these marks. */
  #sessionId = 0n;
  /** Whether FILE is still to be opened again. */
  #reopens = false;

  /** Only stores its arguments. */
  constructor(libc: Libc, options: CheckpointOptions) {
    this.#libc = libc;
    this.#options = options;
    this.#trouble = new Trouble(options.cursorFile?.path ?? "");
  }

  /** Whether another process may go on where this one ends. */
  get resumable(): boolean {
    return this.#options.cursorFile !== null;
  }

  /**
   * The cursor up to which records are saved, if `lossless`; null before the
   * first save.
   */
  get consumed(): RegionCursor | null {
    return this.#consumed;
  }

  /** Begins with a reader, whose cursor is saved from now on. */
  attached(reader: RegionReader): void {
    const { file } = this.#options;
    this.#reader = reader;
    if (file === null || !this.resumable) return;
    file.onTurn = () => {
      const place = this.#placeOf(reader);
      return {
        leave: (old) => this.#save(place, old),
        arrive: () => this.#save(place, file.place()),
      };
    };
    if (file.written !== null) return; // the saved cursor still holds
    // Saves the cursor before anything is written after the saved place.
    this.#try(() => this.#save(this.#placeOf(reader), file.place()));
  }

  /**
   * Goes on from a saved cursor.
   *
   * @param reader Begins at the cursor.
   */
  resume(saved: SavedCursor, reader: RegionReader): void {
    const { file, filePath, distinct } = this.#options;
    if (file === null) return;
    const { totals } = reader;
    const { lost, rewound } = totals;
    // Once records are lost, an equal line may belong to another record.
    const holds = () =>
      distinct || (totals.lost === lost && totals.rewound === rewound);
    this.#marks = reader.marks();
    this.#sessionId = reader.info.sessionId;
    const readsAgain = !this.#hasCaughtUp(reader);
    const options = { holds, readsAgain };
    file.leaveOut(resumeFile(this.#libc, file, filePath, saved, options));
  }

  /**
   * Saves the cursor, if it is time to. To be called when everything that was
   * delivered is written.
   *
   * @param now Whether to save the cursor even if it was saved just before.
   * @throws {Error} if the cursor cannot be saved and waiting will not help.
   */
  reached(now = false): void {
    const { file, reopenAsked } = this.#options;
    if (file !== null) {
      this.#reopens ||= reopenAsked();
      const resumed = this.#isResumed(file);
      if (resumed && this.#reopens) {
        this.#reopens = false;
        this.#reopen(file);
      }
      // If the file was removed and cannot be made again, the next write
      // reports it.
      if (!found(file) || !resumed) return;
    }
    const due = now || performance.now() - this.#savedMs >= SAVE_MS ||
      this.#presses() || (file !== null && this.#isFarFrom(file));
    if (!due || !this.resumable) return;
    this.#savedMs = performance.now();
    this.#try(() => this.#saveHere());
  }

  /**
   * Saves the cursor at the end, once everything is written. The cursor then
   * says that nothing was written after it.
   *
   * @throws {CommandError} if FILE is gone, or the cursor could not be saved.
   */
  end(): void {
    const { file, cursorFile } = this.#options;
    try {
      file?.look(true);
      if (cursorFile === null) return;
      if (file !== null && !this.#isResumed(file)) return;
      if (this.#reader !== null) this.#saveHere(true);
      else if (!cursorFile.isThere) cursorFile.make();
    } catch (error) {
      const reason = explain(error);
      const where = cursorFile?.path ?? "";
      throw new CommandError(
        where === "" || error instanceof PassingError
          ? reason
          : `${reason}: the cursor was not saved: what was read since it was ` +
            "saved last comes again",
        { cause: error },
      );
    }
  }

  #try(save: () => void): void {
    try {
      save();
      this.#trouble.over();
    } catch (error) {
      this.#trouble.met(error);
    }
  }

  #saveHere(ended = false): void {
    const { file } = this.#options;
    const place = this.#reader && this.#placeOf(this.#reader);
    if (place === null) return;
    file?.sync();
    this.#save(place, file?.place() ?? null, ended);
  }

  #reopen(file: RotatingFile): void {
    // Whoever asked for this has renamed the file. The cursor has to cover all
    // of it, so that nothing in it is read again.
    if (this.resumable) this.#try(() => this.#saveHere());
    try {
      file.reopen();
    } catch (error) {
      const reason = explain(error);
      complain(`${reason}: going on with the file that was open`);
    }
  }

  #placeOf(reader: RegionReader): Place | null {
    const cursor = reader.cursor();
    if (cursor === null) return null;
    const { lossless } = this.#options;
    return { cursor, consumed: lossless ? reader.consumed() : null };
  }

  #save(place: Place | null, file: FilePlace | null, ended = false): void {
    const { cursorFile } = this.#options;
    if (place === null || cursorFile === null) return;
    const { cursor: region, consumed } = place;
    const saved = { region, file, ended };
    const text = cursorText(saved);
    if (text !== this.#savedText) cursorFile.save(saved);
    this.#savedText = text;
    this.#savedFile = file;
    this.#consumed = consumed;
  }

  /**
   * Tells whether FILE is now another file than the cursor names, or has grown
   * much.
   */
  #isFarFrom(file: RotatingFile): boolean {
    const saved = this.#savedFile;
    return saved === null || saved.identity !== file.identity ||
      file.stat().bytes - saved.bytes > UNSAVED_BYTES;
  }

  /**
   * Tells whether everything behind the cursor has come again that was in the
   * ring when this reader began. Lines that have not come by then never will,
   * which is reported.
   */
  #isResumed(file: RotatingFile): boolean {
    const { written } = file;
    if (written === null) return true;
    if (!written.isOver && !this.#hasCaughtUp()) return false;
    try {
      if (written.isBegun) file.endLine();
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      return false; // the next write meets the same trouble
    }
    file.leaveOut(null);
    const { foundBytes, leftBytes, isDone } = written;
    const rest = isDone
      ? ""
      : written.isOver
      ? `; of ${leftBytes} bytes it is unknown, because records were ` +
        "overwritten in the ring: they stay, and may be there twice"
      : `; ${leftBytes} bytes are not, and stay`;
    // Nobody knows who wrote these lines, because others may append to a log,
    // too.
    complain(
      `${this.#options.filePath}: of what stands behind the saved cursor, ` +
        `${foundBytes} bytes are lines equal to what came again, which is not ` +
        "written twice" + rest,
    );
    return true;
  }

  /**
   * Tells whether everything was read that was in the region when reading
   * began.
   */
  #hasCaughtUp(reader = this.#reader): boolean {
    const cursor = reader?.cursor() ?? null;
    if (reader === null || cursor === null) return false;
    const now = reader.marks();
    // A ring that has gone back since then has less to read. The low three bits
    // of a mark are the padding of its last record.
    return cursor.sessionId !== this.#sessionId ||
      cursor.rings.every(({ position }, i) =>
        position >= Math.min(this.#marks[i].commit, now[i].commit) - 7
      );
  }

  /**
   * Tells whether a guest may soon drop records because no newer cursor is
   * saved.
   */
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
}

/** Makes FILE again if it was removed. @returns Whether it is there. */
function found(file: RotatingFile): boolean {
  try {
    file.look();
    return true;
  } catch (error) {
    if (!(error instanceof PassingError)) throw error;
    return false;
  }
}
