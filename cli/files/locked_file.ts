// SPDX-License-Identifier: MIT
/**
 * A small file that this process writes again and again, each time as a whole,
 * and that no other process writes meanwhile: a cursor, or metrics.
 *
 * @module
 */
import { ERRNO } from "../../ffi/errno.ts";
import { cString, type Libc } from "../../ffi/libc.ts";
import { lockFile } from "../../ffi/lock.ts";
import {
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
} from "../../ffi/open_flags.ts";
import { readAt } from "../../ffi/read_at.ts";
import {
  checkReplaceable,
  replaceAndHold,
  type ReplaceOptions,
} from "../../ffi/replace_file.ts";
import { type FileStat, statFd, statPath } from "../../ffi/stat.ts";
import { CommandError } from "../errors.ts";
import { processText } from "../console/users_and_processes.ts";

/** Another process has the file. */
export class TakenError extends CommandError {}

/** What distinguishes one kind of locked file from another. */
export interface LockedFileRules
  extends Pick<ReplaceOptions, "begins" | "mode" | "durable"> {
  /** The option that named it, such as "--cursor-file". */
  readonly flag: string;
  /** What its owner does, such as "keeps its cursor there already". */
  readonly owns: string;
  /**
   * Decides whether a file may be replaced, if this program may not have
   * written it. Called with as many of the first bytes as `begins` has.
   *
   * @returns Why the file is refused; "" if it may be replaced.
   */
  readonly refuses?: (head: string) => string;
}

/**
 * A file, locked for as long as it is open. Each time it is saved a new file
 * takes the place of the old one, and is locked before it has the name.
 */
export class LockedFile implements Disposable {
  readonly path: string;
  readonly #libc: Libc;
  readonly #rules: LockedFileRules;
  readonly #replacing: ReplaceOptions;
  /** The descriptor of the locked file; -1 if there is none yet. */
  #fd = -1;

  /** Only stores its arguments. */
  constructor(libc: Libc, path: string, rules: LockedFileRules) {
    this.#libc = libc;
    this.path = path;
    this.#rules = rules;
    const { begins, mode, durable } = rules;
    const taken = (holder: number) => this.#taken(holder);
    this.#replacing = { begins, mode, durable, taken };
  }

  /** Whether the file exists and is locked. */
  get isThere(): boolean {
    return this.#fd >= 0;
  }

  /** The file's length in bytes; 0 if there is none. */
  get bytes(): number {
    return this.#fd < 0 ? 0 : statFd(this.#libc, this.#fd, this.path).bytes;
  }

  /**
   * Locks the file that is there, if it is not locked yet.
   *
   * @returns False if there is none.
   * @throws {TakenError} if another process has locked it.
   * @throws {CommandError} if it is not a regular file, or must not be
   * replaced.
   * @throws {SyscallError} if it cannot be opened, such as EACCES.
   */
  claim(): boolean {
    while (this.#fd < 0) {
      if (this.stat() === null) return false;
      const fd = this.#openNamed();
      if (fd < 0) continue;
      this.#fd = fd;
      const holder = lockFile(this.#libc, fd, this.path);
      // Another reader may have replaced the file in the meantime.
      const { identity } = statFd(this.#libc, fd, this.path);
      if (this.stat()?.identity !== identity) this.close();
      else if (holder !== 0) throw this.#taken(holder);
      else this.#checkContent(fd);
    }
    return true;
  }

  /**
   * Checks that the file could be saved, and leaves everything as it is.
   *
   * @throws What {@linkcode LockedFile.save} throws.
   */
  check(): void {
    checkReplaceable(this.#libc, this.path, this.#replacing);
  }

  /** Reads a part of the file, if there is one. */
  read(offset: number, most: number): Uint8Array<ArrayBuffer> {
    if (this.#fd < 0) return new Uint8Array(0);
    return readAt(this.#libc, this.#fd, offset, most, this.path);
  }

  /**
   * Looks at what has the file's name.
   *
   * @returns Null if there is nothing.
   * @throws {CommandError} if it is not a regular file.
   */
  stat(): FileStat | null {
    const stat = statPath(this.#libc, this.path);
    // Anything but a regular file is not opened, because a FIFO would block.
    if (stat === null || stat.kind === "file") return stat;
    const todo = `give ${this.#rules.flag} the name of a file`;
    throw new CommandError(`is a ${stat.kind}`, { subject: this.path, todo });
  }

  /**
   * Saves the file; a crash leaves either the old file or the new one.
   *
   * @throws {SyscallError} such as ENOSPC; the old file is then still there.
   * @throws {TakenError} if another process has put its own file in its place.
   * @throws {CommandError} as `claim` does, if something else is there now.
   */
  save(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#fd >= 0) this.#checkName(this.#fd);
    else this.claim(); // it may have appeared in the meantime
    const fd = replaceAndHold(this.#libc, this.path, bytes, this.#replacing);
    this.close();
    this.#fd = fd;
  }

  /** Closes the file, which unlocks it. Idempotent. */
  close(): void {
    if (this.#fd >= 0) this.#libc.symbols.close(this.#fd);
    this.#fd = -1;
  }

  /** Does the same as {@linkcode LockedFile.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Opens the file that has the name.
   *
   * @returns Its descriptor; -1 if it was removed in the meantime.
   */
  #openNamed(): number {
    const { open } = this.#libc.symbols;
    const flags = O_NONBLOCK | O_CLOEXEC;
    const path = cString(this.path);
    let fd = open(path, flags | O_RDWR, 0);
    if (fd < 0 && this.#libc.errno() === ERRNO.EACCES) {
      fd = open(path, flags | O_RDONLY, 0);
    }
    if (fd < 0 && this.#libc.errno() === ERRNO.ENOENT) return -1;
    return this.#libc.check("open", this.path, fd);
  }

  /**
   * Checks that the name still belongs to this process's file. Two readers that
   * begin at the same moment may both make a file; the reader whose file was
   * replaced by the other's ends.
   */
  #checkName(ours: number): void {
    const { identity } = statFd(this.#libc, ours, this.path);
    const named = this.stat();
    if (named === null || named.identity === identity) return;
    const fd = this.#openNamed();
    if (fd < 0) return;
    try {
      const holder = lockFile(this.#libc, fd, this.path);
      if (holder !== 0) throw this.#taken(holder);
      this.#checkContent(fd);
    } finally {
      this.#libc.symbols.close(fd);
    }
  }

  #checkContent(fd: number): void {
    const { begins, refuses, flag } = this.#rules;
    if (refuses === undefined) return;
    const head = readAt(this.#libc, fd, 0, begins.length, this.path);
    const reason = refuses(new TextDecoder().decode(head));
    if (reason === "") return;
    throw new CommandError(reason, {
      subject: this.path,
      todo: `give ${flag} another name, or remove that file`,
    });
  }

  #taken(holder: number): TakenError {
    const { flag, owns } = this.#rules;
    return new TakenError(`${processText(this.#libc, holder)} ${owns}`, {
      subject: this.path,
      todo: `give another ${flag}, or end that one`,
    });
  }
}
