// SPDX-License-Identifier: MIT
/**
 * A file that is appended to. It is renamed when it has grown large, and made
 * again after it was removed.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { type FileStat, statPath } from "../../ffi/stat.ts";
import { directoryOf, syncDirectoryOf } from "../../ffi/fsync.ts";
import { AppendFile } from "./append_file.ts";
import { moveAway, rotationStep } from "./archives.ts";
import { emptied, type FilePlace } from "./file_place.ts";
import { remake } from "./removed_file.ts";
import type { Target } from "./target.ts";
import { PassingError, Trouble } from "../console/write_trouble.ts";
import type { WrittenLines } from "./written_lines.ts";

/** When a file is renamed, and how many are kept. */
export interface RotationRules {
  /**
   * A message that would make the file larger begins a new one; undefined for
   * no limit.
   */
  readonly limitBytes?: number;
  /** How many files are kept, including the current one; at least 1. */
  readonly files: number;
}

/** Called around the change to a new file. */
export interface Turn {
  /**
   * Called when everything that belongs in the old file is on the disk, before
   * it is renamed or emptied; may be called more than once.
   *
   * @param place The old file, as it will be afterwards.
   */
  leave(place: FilePlace): void;
  /** Called when the new file exists and is still empty. */
  arrive(): void;
}

/** Bytes that belong into one file. */
interface Segment {
  bytes: number;
  /** Called around the change to this file; null for nothing. */
  readonly turn: Turn | null;
}

/** How often to check that the file still has a name, in ms. */
const LOOK_MS = 1000;
const FOLDER_MODE = 0o755;
const LINE_END = new Uint8Array([0x0a]);

/** Appends to FILE; older ones are FILE.1, FILE.2 and so on. */
export class RotatingFile implements Target, Disposable {
  readonly ended = false;
  /** Called for each message that begins a new file, before it is written. */
  onTurn: (() => Turn) | null = null;
  readonly #libc: Libc;
  readonly #path: string;
  readonly #rules: RotationRules;
  readonly #folderMode: number;
  #open: AppendFile;
  /** The new file, while the turn to it is not complete. */
  #next: AppendFile | null = null;
  /** Whether the old file was already renamed or emptied. */
  #moved = false;
  #disposed = false;
  /** How much is still to be written to each file, the current one first. */
  #segments: Segment[] = [{ bytes: 0, turn: null }];
  /** The length that the last segment's file will have. */
  #plannedBytes = 0;
  #lookedMs = -Infinity;
  /** Trouble with making the file again. */
  #trouble: Trouble;
  /** The file's length when it was last seen to have a name. */
  #seenBytes = 0;
  /** How many bytes were written since then. */
  #newBytes = 0;
  #written: WrittenLines | null = null;
  /**
   * Whether the file ends in a line that has no end, and that nobody completes.
   */
  #begun: boolean;

  /**
   * @param path Made if it is missing, otherwise appended to.
   * @throws See `AppendFile`.
   */
  constructor(libc: Libc, path: string, rules: RotationRules) {
    this.#libc = libc;
    this.#path = path;
    this.#rules = rules;
    this.#trouble = new Trouble(path);
    this.#open = new AppendFile(libc, path);
    this.#begun = isBegun(this.#open);
    const folder = statPath(libc, directoryOf(path));
    this.#folderMode = folder?.kind === "directory" ? folder.mode : FOLDER_MODE;
    this.#measure();
  }

  /** The current file's device and inode. */
  get identity(): string {
    return this.#open.identity;
  }

  /** The current file and its end, as a cursor remembers them. */
  place(): FilePlace {
    return this.#open.place();
  }

  /** The current file. */
  stat(): FileStat {
    return this.#open.stat();
  }

  /** Implements {@linkcode Target.written}. */
  get written(): WrittenLines | null {
    return this.#written;
  }

  /**
   * Leaves lines out from now on, or no longer. Meanwhile no new file begins,
   * because what was left out has to be in the file that the next cursor names.
   */
  leaveOut(lines: WrittenLines | null): void {
    if (lines?.isBegun) this.#begun = false; // the line may be completed
    this.#written = lines;
  }

  /** Reads a part of the file; null if it may not be read. */
  read(offset: number, bytes: number): Uint8Array<ArrayBuffer> | null {
    return this.#open.read(offset, bytes);
  }

  get #limitBytes(): number {
    return this.#rules.limitBytes ?? Infinity;
  }

  /**
   * Implements {@linkcode Target.roomBytes}: how much can be written before a
   * new file begins.
   */
  get roomBytes(): number {
    return Math.max(0, this.#limitBytes - this.#plannedBytes);
  }

  /** Implements {@linkcode Target.message}. */
  message(bytes: number): void {
    const planned = this.#plannedBytes + bytes;
    const isFull = this.#plannedBytes > 0 && planned > this.#limitBytes;
    if (isFull && this.#written === null) {
      this.#segments.push({ bytes, turn: this.onTurn?.() ?? null });
      this.#plannedBytes = bytes;
    } else {
      this.#segments.at(-1)!.bytes += bytes;
      this.#plannedBytes = planned;
    }
  }

  /**
   * Implements {@linkcode Target.writeNow} for bytes that `message` has
   * announced.
   */
  writeNow(bytes: Uint8Array<ArrayBuffer>): number {
    this.look();
    let done = 0;
    try {
      if (this.#begun) this.endLine();
      while (done < bytes.length) {
        if (this.#segments[0].bytes === 0) this.#turn();
        const most = Math.min(bytes.length - done, this.#segments[0].bytes);
        const part = bytes.subarray(done, done + most);
        const count = this.#open.writeNow(part);
        this.#segments[0].bytes -= count;
        this.#newBytes += count;
        done += count;
        if (count < most) break;
      }
    } catch (error) {
      if (done === 0) throw error; // otherwise the next call meets it again
    }
    return done;
  }

  /**
   * Implements {@linkcode Target.ready} without waiting, because a file is
   * either ready or in trouble.
   */
  ready(): Promise<void> {
    return Promise.resolve();
  }

  /** Implements {@linkcode Target.takeBack} as far as the disk allows it. */
  takeBack(bytes: number): void {
    if (bytes === 0) return;
    try {
      this.#open.truncate(Math.max(0, this.stat().bytes - bytes));
      this.#newBytes = Math.max(0, this.#newBytes - bytes);
    } catch (error) {
      // What is reported afterwards matters more than half a line.
      if (!(error instanceof SyscallError)) throw error;
    }
  }

  /**
   * Ends a line that somebody has begun. @throws {SyscallError} if that fails.
   */
  endLine(): void {
    this.#open.writeNow(LINE_END);
    this.#begun = false;
    this.#measure();
  }

  /**
   * Returns once everything written is on the disk. @throws {SyscallError} if
   * not.
   */
  sync(): void {
    this.#open.sync();
  }

  /**
   * Checks whether the file was removed, once a second at most, and if so makes
   * it again.
   *
   * @param now Whether to check even if the last check was a moment ago.
   * @throws {PassingError} while it is removed and cannot be made again.
   */
  look(now = false): void {
    if (this.#moved || this.#next !== null) return; // it is about to be left
    const nowMs = performance.now();
    if (!now && nowMs - this.#lookedMs < LOOK_MS) return;
    if (this.stat().links === 0) this.#remake();
    else this.#measure();
    this.#lookedMs = nowMs;
  }

  /**
   * Opens the path again, which may name another file by now. All that was
   * announced must have been written.
   *
   * @throws See the constructor; the old file then stays open.
   */
  reopen(): void {
    if (this.stat().links === 0) this.#remake();
    else if (!this.#isNamed()) {
      this.#swap(new AppendFile(this.#libc, this.#path));
      this.#begun = isBegun(this.#open);
    }
    this.#measure();
  }

  /** Closes the files. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#next !== this.#open) this.#next?.close();
    this.#next = null;
    this.#open.close();
  }

  /**
   * Makes the file again. Reports a failure itself, because there may be no
   * writer to report it to.
   */
  #remake(): void {
    try {
      this.#swap(remake(this.#libc, {
        file: this.#open,
        path: this.#path,
        seenBytes: this.#seenBytes,
        newBytes: this.#newBytes,
        folderMode: this.#folderMode,
      }));
      this.#trouble = new Trouble(this.#path);
      this.#written = null; // its lines are gone with the old file
      this.#begun = false;
    } catch (error) {
      this.#trouble.met(error);
      if (error instanceof PassingError) error.told = true;
      throw error;
    }
    this.#measure();
  }

  /** Takes note of the current file's length, which others may have changed. */
  #measure(): void {
    const { bytes } = this.stat();
    this.#seen(bytes);
    if (this.#segments.length > 1) return;
    this.#plannedBytes = bytes + this.#segments[0].bytes;
  }

  /** Tells whether the path names the current file rather than another one. */
  #isNamed(): boolean {
    return statPath(this.#libc, this.#path)?.identity === this.identity;
  }

  /**
   * Goes on to the next file. Any step may fail, because the disk is full or
   * something is in the way, and then this is called again. So each step is
   * done once, or does no harm if it is done twice.
   */
  #turn(): void {
    const { turn } = this.#segments[1];
    const step = <T>(does: () => T) => rotationStep(this.#path, does);
    if (this.#next === null) {
      if (!this.#moved) this.look(true);
      const empties = step(() => this.#isEmptied());
      if (!this.#moved) {
        if (turn !== null) {
          this.sync();
          turn.leave(empties ? emptied(this.place()) : this.place());
        }
        step(() => this.#leave(empties));
        this.#moved = true;
      }
      this.#next = empties
        ? this.#open
        : step(() => new AppendFile(this.#libc, this.#path));
    }
    if (turn !== null) step(() => syncDirectoryOf(this.#libc, this.#path));
    this.#swap(this.#next);
    turn?.arrive();
    this.#next = null;
    this.#segments.shift();
    this.#moved = false;
    this.#seen(this.stat().bytes);
  }

  /** Takes note that the file has a name, and of its length. */
  #seen(bytes: number): void {
    this.#seenBytes = bytes;
    this.#newBytes = 0;
  }

  /**
   * Tells whether the file is emptied instead of renamed. It is not if it has
   * other names, too.
   */
  #isEmptied(): boolean {
    return this.#rules.files === 1 && this.stat().links === 1 &&
      this.#isNamed();
  }

  #leave(empties: boolean): void {
    if (empties) this.#open.truncate(0);
    // If another file has the name, this reader did not write it, and it stays.
    else if (this.#isNamed()) {
      moveAway(this.#libc, this.#path, this.#rules.files);
    }
  }

  #swap(next: AppendFile): void {
    const old = this.#open;
    this.#open = next;
    if (old !== next) old.close();
  }
}

/**
 * Tells whether a file ends in a line without an end, if the file may be read.
 */
function isBegun(file: AppendFile): boolean {
  const { bytes } = file.stat();
  const last = bytes > 0 ? file.read(bytes - 1, 1) : null;
  return last !== null && last.length > 0 && last[0] !== LINE_END[0];
}
