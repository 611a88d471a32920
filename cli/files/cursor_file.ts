// SPDX-License-Identifier: MIT
/**
 * A file with a cursor. It is replaced as a whole, locked against other
 * readers, and checked like any other input when it is read.
 *
 * @module
 */
import { ERRNO } from "../../ffi/errno.ts";
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { directoryOf } from "../../ffi/fsync.ts";
import { CursorError } from "../../ring/cursor.ts";
import {
  CURSOR_BEGINS,
  CURSOR_END,
  cursorText,
  parseCursor,
  type Progress,
  type SavedCursor,
} from "./cursor_text.ts";
import { CommandError } from "../errors.ts";
import { explained, reasonOf } from "../console/explain.ts";
import { LockedFile, type LockedFileRules } from "./locked_file.ts";
import { complain } from "../console/messages.ts";
import { remakeFolder } from "./removed_file.ts";
import { passes, PassingError } from "../console/write_trouble.ts";

/** More bytes than a region with the most rings needs. */
const BYTES_MAX = 1 << 20;
/** A folder that is made again is accessible to its owner only. */
const FOLDER_MODE = 0o700;

const RULES: LockedFileRules = {
  flag: "--cursor-file",
  owns: "keeps its cursor there already",
  begins: CURSOR_BEGINS,
};

/** A cursor file, locked for as long as it is open. */
export class CursorFile implements Disposable {
  readonly path: string;
  /** The object that is read, to which the cursor belongs. */
  readonly object: string;
  readonly #libc: Libc;
  readonly #file: LockedFile;

  private constructor(libc: Libc, path: string, object: string) {
    this.#libc = libc;
    this.path = path;
    this.object = object;
    this.#file = new LockedFile(libc, path, RULES);
  }

  /**
   * Locks the file. If there is none, checks that one could be made, so that
   * whatever prevents saving is known at once.
   *
   * @param object The object that is read.
   * @throws {CommandError} if the file cannot be written, is not a regular
   * file, or another process has locked it.
   */
  static open(libc: Libc, path: string, object: string): CursorFile {
    const file = new CursorFile(libc, path, object);
    try {
      if (!file.#file.claim()) file.#file.check();
    } catch (error) {
      file.close();
      if (passes(error)) return file; // saving it will meet the same error
      throw explained(error, RULES.flag);
    }
    return file;
  }

  /**
   * Makes a file if there is none, and locks it, so that no other reader uses
   * it from then on.
   *
   * @throws The errors of `save`, except those that may pass, because saving
   * will meet these again.
   */
  begin(): void {
    try {
      this.make();
    } catch (error) {
      if (!passes(error)) throw error;
    }
  }

  /** Whether the file exists and is locked. */
  get isThere(): boolean {
    return this.#file.isThere;
  }

  /**
   * Writes a cursor that says that nothing was read, unless there is a file.
   *
   * @throws See `save`.
   */
  make(): void {
    if (this.#file.claim()) return;
    this.save({ region: null, file: null, ended: false });
  }

  /**
   * Reads the cursor.
   *
   * @returns Null if there is no file.
   * @throws {CommandError} naming the file, if it is not a valid cursor.
   */
  load(): SavedCursor | null {
    if (!this.isThere) return null;
    const { bytes } = this.#file;
    const head = this.#file.read(0, CURSOR_BEGINS.length);
    if (bytes > 0 && new TextDecoder().decode(head) !== CURSOR_BEGINS) {
      throw new CommandError("holds something else than a cursor", {
        subject: this.path,
        todo: `give ${RULES.flag} another name`,
      });
    }
    try {
      if (bytes > BYTES_MAX) throw new CursorError("is too large");
      return parseCursor(this.#file.read(0, bytes));
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      throw refusal(this.path, error);
    }
  }

  /**
   * Tells whether a cursor file has been copied here completely; if so, locks
   * it.
   *
   * @throws {CommandError} if another process has locked it.
   */
  hasArrived(): boolean {
    if (this.#file.stat() === null || !this.#file.claim()) return false;
    const last = this.#file.read(Math.max(0, this.#file.bytes - 1), 1);
    if (last[0] === CURSOR_END.charCodeAt(0)) return true;
    this.close(); // a complete one may still replace it
    return false;
  }

  /**
   * Saves the cursor; a crash leaves either the old file or the new one.
   *
   * @throws {SyscallError} such as ENOSPC; the old file is then still there.
   * @throws {PassingError} if its folder was removed, and cannot be made again.
   * @throws {CommandError} if another reader has put its own cursor in its
   * place.
   */
  save(progress: Progress): void {
    const text = cursorText(progress, this.object);
    const bytes = new TextEncoder().encode(text);
    try {
      this.#file.save(bytes);
    } catch (error) {
      const lacks = error instanceof SyscallError &&
        error.errno === ERRNO.ENOENT;
      if (!lacks || !this.isThere) throw error;
      this.#remakeFolder();
      this.#file.save(bytes);
    }
  }

  /** Closes the file, which unlocks it. Idempotent. */
  close(): void {
    this.#file.close();
  }

  /** Does the same as {@linkcode CursorFile.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #remakeFolder(): void {
    const folder = directoryOf(this.path);
    try {
      const made = remakeFolder(this.#libc, folder, FOLDER_MODE);
      if (made !== "") complain(`${made}: removed: made again for the cursor`);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      throw new PassingError(`${this.path}: ${reasonOf(error)}`);
    }
  }
}

/**
 * Makes an error that says what to do about a cursor that cannot be used.
 *
 * @param cause Why it cannot be used.
 */
export function refusal(path: string, cause: Error): CommandError {
  return new CommandError(`no cursor of this region: ${cause.message}`, {
    subject: path,
    todo: "remove the file to start at the oldest record",
    cause,
  });
}
