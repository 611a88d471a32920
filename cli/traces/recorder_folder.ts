// SPDX-License-Identifier: MIT
/**
 * The folder that traces are recorded to, which belongs to one recorder.
 *
 * @module
 */
import { ERRNO } from "../../ffi/errno.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { cString, type Libc } from "../../ffi/libc.ts";
import { lockFile } from "../../ffi/lock.ts";
import { makeFolder } from "../../ffi/names.ts";
import { O_CLOEXEC } from "../../ffi/open_flags.ts";
import { isSameFile, statFd, statTarget } from "../../ffi/stat.ts";
import { CommandError } from "../errors.ts";
import { explained } from "../console/explain.ts";
import { processText } from "../console/users_and_processes.ts";
import { type Above, OwnFolder } from "./own_folder.ts";

/** A folder, locked for as long as it is open. */
export class TraceFolder implements Above, Disposable {
  readonly path: string;
  readonly #libc: Libc;
  #fd = -1;
  /** The folder's record of what was made in it. */
  #top!: OwnFolder;

  private constructor(libc: Libc, path: string) {
    this.#libc = libc;
    this.path = path;
  }

  /**
   * Makes the folder, but none above it, because a missing one suggests a
   * typing mistake.
   *
   * @throws {CommandError} if it cannot be made, is not empty, or another
   * process records to it.
   */
  static open(libc: Libc, path: string): TraceFolder {
    const folder = new TraceFolder(libc, path);
    try {
      folder.#begin();
      return folder;
    } catch (error) {
      folder[Symbol.dispose]();
      throw explained(error, "-o");
    }
  }

  /**
   * Makes the folder again, if it was removed or renamed. An empty folder of
   * its name is used as it is. What was made in the old folder is forgotten,
   * and stays.
   *
   * @throws {SyscallError} if it cannot be made; ENOTEMPTY or EBUSY if others
   * have put a folder of theirs in its place.
   */
  remake(): void {
    if (this.isNamed) return;
    this[Symbol.dispose]();
    makeFolder(this.#libc, this.path);
    if (this.#lock() !== 0) throw this.#refused(ERRNO.EBUSY);
    if (this.#first() !== null) throw this.#refused(ERRNO.ENOTEMPTY);
  }

  /** Whether the path still leads to this folder. */
  get isNamed(): boolean {
    if (this.#fd < 0) return false;
    const here = statFd(this.#libc, this.#fd, this.path);
    return isSameFile(statTarget(this.#libc, this.path), here);
  }

  /** Whether nothing at the path prevents `remake`. */
  get isFree(): boolean {
    try {
      const there = statTarget(this.#libc, this.path);
      if (there === null || this.isNamed) return true;
      return there.kind === "directory" && this.#first() === null;
    } catch {
      return false; // `remake` will report why
    }
  }

  /**
   * Makes folders inside this one, except those that were made before.
   *
   * @param inside Path relative to this folder.
   * @returns The last of them.
   * @throws See `OwnFolder.folder`.
   */
  make(inside: string): OwnFolder {
    const names = inside.split("/");
    return names.reduce((folder, name) => folder.folder(name), this.#top);
  }

  /**
   * Removes a folder that was made inside this one, with what was made in it.
   *
   * @param inside Path relative to this folder.
   * @returns Whether something of others is left there.
   * @throws See `OwnFolder.remove`.
   */
  remove(inside: string): boolean {
    const { above, name } = this.#entry(inside);
    return above?.remove(name) ?? false;
  }

  /**
   * Forgets a folder that was made inside this one. That folder then stays for
   * good.
   */
  forget(inside: string): void {
    const { above, name } = this.#entry(inside);
    above?.forget(name);
  }

  /** Gives the open folder to `body`; see {@linkcode Above.use}. */
  use<T>(body: (fd: number) => T): T | null {
    return this.#fd < 0 ? null : body(this.#fd);
  }

  /** Closes the folder, which unlocks it. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#fd >= 0) this.#libc.symbols.close(this.#fd);
    this.#fd = -1;
  }

  #begin(): void {
    const isNew = makeFolder(this.#libc, this.path);
    const holder = this.#lock();
    if (holder !== 0) {
      const who = processText(this.#libc, holder);
      throw new CommandError(`${who} records there already`, {
        subject: this.path,
        todo: "give another directory",
      });
    }
    const first = isNew ? null : this.#first();
    if (first === null) return;
    throw new CommandError(`is not empty (${first})`, {
      subject: this.path,
      todo: "give a new directory",
    });
  }

  #entry(inside: string): { above: OwnFolder | null; name: string } {
    const names = inside.split("/");
    const name = names.pop()!;
    let above: OwnFolder | null = this.#top;
    for (const each of names) above = above?.known(each) ?? null;
    return { above, name };
  }

  /**
   * Returns the name of something in the folder at the path, or null if it is
   * empty.
   */
  #first(): string | null {
    for (const { name } of Deno.readDirSync(this.path)) return name;
    return null;
  }

  /**
   * Opens and locks the folder.
   *
   * @returns What `lockFile` returns.
   */
  #lock(): number {
    const { symbols } = this.#libc;
    const fd = symbols.open(cString(this.path), O_CLOEXEC, 0);
    this.#fd = this.#libc.check("open", this.path, fd);
    const mark = statFd(this.#libc, fd, this.path);
    if (mark.kind !== "directory") throw this.#refused(ERRNO.ENOTDIR);
    this.#top = OwnFolder.top(this.#libc, this, mark);
    return lockFile(this.#libc, fd, this.path);
  }

  /**
   * Closes the folder, and makes the error for a path at which nothing may be
   * made, because what is there is not this recorder's.
   */
  #refused(errno: number): SyscallError {
    this[Symbol.dispose]();
    return new SyscallError("open", errno, this.path);
  }
}
