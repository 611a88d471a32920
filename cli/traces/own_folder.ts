// SPDX-License-Identifier: MIT
/**
 * Folders that this process made, and what it made in them. A name proves
 * nothing, because others may have put something of theirs in its place. So
 * each file and folder is remembered by its device, its inode and the time it
 * was made, and only what still agrees is written to or removed.
 *
 * No folder stays open, because there may be many. Whenever something is made
 * or removed, the path is followed again from the top, and checked at each
 * step.
 *
 * @module
 */
import { ERRNO } from "../../ffi/errno.ts";
import { SyscallError } from "../../ffi/errors.ts";
import {
  type Entry,
  makeFolderIn,
  newFileIn,
  openFolderIn,
  removeFileIn,
  removeFolderIn,
  renameIn,
} from "../../ffi/files_in_folder.ts";
import type { Libc } from "../../ffi/libc.ts";
import { Output } from "../../ffi/output.ts";
import { type FileStat, isSameFile, statFd, statIn } from "../../ffi/stat.ts";
import { temporaryPath } from "../../ffi/temporary.ts";

/** What a file or a folder is recognised by. */
export type Mark = Pick<FileStat, "identity" | "bornNs">;

/** A file that was just made. */
export interface NewFile {
  /** Open for appending; the caller's to close. */
  readonly fd: number;
  readonly mark: Mark;
}

/** A function that is called with the descriptor of an open folder. */
export type Body<T> = (fd: number) => T;

/** What a folder is in. */
export interface Above {
  readonly path: string;
  /** Calls `body` with the open folder; returns null if that is gone. */
  use<T>(body: Body<T>): T | null;
}

/** One folder, with what was made in it. */
export class OwnFolder implements Above {
  readonly #libc: Libc;
  readonly #above: Above;
  readonly #name: string;
  readonly #mark: Mark;
  readonly #folders = new Map<string, OwnFolder>();
  readonly #files = new Map<string, Mark>();

  private constructor(
    libc: Libc,
    above: Above,
    name: string,
    mark: Mark,
    readonly path: string = `${above.path}/${name}`,
  ) {
    this.#libc = libc;
    this.#above = above;
    this.#name = name;
    this.#mark = mark;
  }

  /**
   * Returns the folder at the top, which need not have been made here.
   *
   * @param above Opens the folder itself.
   */
  static top(libc: Libc, above: Above, mark: Mark): OwnFolder {
    return new OwnFolder(libc, above, ".", mark, above.path);
  }

  /** Whether the folder still has its name. */
  get isThere(): boolean {
    return this.use(() => true) ?? false;
  }

  /**
   * Opens the folder for a while, like {@linkcode Above.use}. Also returns null
   * if another folder has taken its name.
   */
  use<T>(body: Body<T>): T | null {
    return this.#above.use((above) => {
      const fd = this.#openIn(above);
      if (fd < 0) return null;
      try {
        return body(fd);
      } finally {
        this.#libc.symbols.close(fd);
      }
    });
  }

  /** Returns a folder that was made in this one; null if there is none. */
  known(name: string): OwnFolder | null {
    return this.#folders.get(name) ?? null;
  }

  /**
   * Makes a folder in this one, unless it was made before and still exists.
   *
   * @throws {SyscallError} EEXIST if others have something by that name; ENOENT
   * if this folder is gone; or another error, such as ENOSPC.
   */
  folder(name: string): OwnFolder {
    const known = this.#folders.get(name);
    if (known?.isThere) return known;
    const made = this.#mustUse((folder) => {
      const entry = this.#entry(folder, name);
      makeFolderIn(this.#libc, entry);
      const mark = statIn(this.#libc, folder, name, entry.path);
      if (mark === null) throw gone(entry.path);
      return new OwnFolder(this.#libc, this, name, mark);
    });
    this.#folders.set(name, made);
    return made;
  }

  /**
   * Makes a file.
   *
   * @throws {SyscallError} EEXIST if anything has that name; ENOENT if this
   * folder is gone; or another error, such as ENOSPC.
   */
  newFile(name: string): NewFile {
    const path = `${this.path}/${name}`;
    const fd = this.#mustUse((folder) =>
      newFileIn(this.#libc, this.#entry(folder, name))
    );
    try {
      const mark = statFd(this.#libc, fd, path);
      this.#files.set(name, mark);
      return { fd, mark };
    } catch (error) {
      this.#libc.symbols.close(fd);
      throw error;
    }
  }

  /**
   * Returns what a file that was made here is recognised by, or null if none
   * was.
   */
  markOf(name: string): Mark | null {
    return this.#files.get(name) ?? null;
  }

  /**
   * Writes a text to a file that is new, or was made here. Whoever opens it
   * finds the whole old or the whole new text.
   *
   * @param spares The folder in which the new file is completed first.
   * @throws {SyscallError} EEXIST if others have something by that name; or
   * another error, such as ENOSPC. The old text is then still there, and
   * nothing is left beside it.
   */
  replaceText(
    name: string,
    spares: OwnFolder,
    text: string | Uint8Array<ArrayBuffer>,
  ): void {
    const spare = temporaryPath("").split("/").at(-1)!;
    const path = `${this.path}/${name}`;
    const { fd, mark } = spares.newFile(spare);
    try {
      try {
        using output = new Output(this.#libc, fd, path);
        const bytes = typeof text === "string"
          ? new TextEncoder().encode(text)
          : text;
        for (let done = 0; done < bytes.length;) {
          done += output.writeNow(bytes.subarray(done));
        }
      } finally {
        this.#libc.symbols.close(fd);
      }
      spares.#mustUse((from) =>
        this.#mustUse((to) =>
          this.#rename(spares.#entry(from, spare), to, name)
        )
      );
    } catch (error) {
      spares.removeFile(spare, mark);
      throw error;
    }
    spares.#files.delete(spare);
    this.#files.set(name, mark);
  }

  /**
   * Removes a file, if it still is the one that was made here.
   *
   * @param mark What that file is recognised by.
   */
  removeFile(name: string, mark: Mark): void {
    this.use((folder) => {
      if (!this.#isNamed(folder, name, mark)) return;
      unlessGone(() => removeFileIn(this.#libc, this.#entry(folder, name)));
    });
    if (this.#files.get(name) === mark) this.#files.delete(name);
  }

  /**
   * Removes a folder that was made in this one, with what was made in it, and
   * forgets it. Whatever others put there stays, and so does whatever others
   * put in its place.
   *
   * @returns Whether something is left there.
   * @throws {SyscallError} such as EACCES.
   */
  remove(name: string): boolean {
    const child = this.#folders.get(name);
    this.#folders.delete(name);
    if (child === undefined) return false;
    return this.use((folder) => {
      const there = statIn(this.#libc, folder, name, child.path);
      if (there === null) return false;
      if (!isSameFile(there, child.#mark)) return true;
      child.#empty();
      const entry = this.#entry(folder, name);
      return !(unlessGone(() => removeFolderIn(this.#libc, entry)) ?? true);
    }) ?? false;
  }

  /**
   * Forgets a folder that was made in this one. That folder then stays for
   * good.
   */
  forget(name: string): void {
    this.#folders.delete(name);
  }

  #empty(): void {
    for (const [name, mark] of [...this.#files]) this.removeFile(name, mark);
    for (const name of [...this.#folders.keys()]) this.remove(name);
  }

  #entry(folder: number, name: string): Entry {
    return { folder, name, path: `${this.path}/${name}` };
  }

  #isNamed(folder: number, name: string, mark: Mark): boolean {
    const path = `${this.path}/${name}`;
    return isSameFile(statIn(this.#libc, folder, name, path), mark);
  }

  /**
   * Opens this folder in the one above it.
   *
   * @returns Its descriptor; -1 if another folder has its name, or none.
   */
  #openIn(above: number): number {
    const entry = { folder: above, name: this.#name, path: this.path };
    const there = statIn(this.#libc, above, this.#name, this.path);
    if (!isSameFile(there, this.#mark)) return -1;
    const fd = openFolderIn(this.#libc, entry);
    if (isSameFile(statFd(this.#libc, fd, this.path), this.#mark)) return fd;
    this.#libc.symbols.close(fd);
    return -1;
  }

  #mustUse<T>(body: Body<T>): T {
    const result = this.use((fd) => ({ value: body(fd) }));
    if (result === null) throw gone(this.path);
    return result.value;
  }

  #rename(from: Entry, folder: number, name: string): void {
    const to = this.#entry(folder, name);
    const mark = this.#files.get(name);
    const there = statIn(this.#libc, folder, name, to.path);
    const isOurs = mark !== undefined && isSameFile(there, mark);
    if (there !== null && !isOurs) {
      throw new SyscallError("rename", ERRNO.EEXIST, to.path);
    }
    renameIn(this.#libc, from, to, isOurs);
  }
}

function gone(path: string): SyscallError {
  return new SyscallError("open", ERRNO.ENOENT, path);
}

/** Removes something. Returns null if others have removed it before. */
function unlessGone<T>(remove: () => T): T | null {
  try {
    return remove();
  } catch (error) {
    if (error instanceof SyscallError && error.errno === ERRNO.ENOENT) {
      return null;
    }
    throw error;
  }
}
