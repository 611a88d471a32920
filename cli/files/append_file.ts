// SPDX-License-Identifier: MIT
/**
 * A regular file, open for appending and locked against other readers.
 *
 * @module
 */
import { ERRNO } from "../../ffi/errno.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { cString, type Libc } from "../../ffi/libc.ts";
import { lockFile } from "../../ffi/lock.ts";
import {
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDWR,
  O_WRONLY,
} from "../../ffi/open_flags.ts";
import { Output } from "../../ffi/output.ts";
import { readAt } from "../../ffi/read_at.ts";
import { type FileStat, statFd, statPath } from "../../ffi/stat.ts";
import { syncFd } from "../../ffi/fsync.ts";
import { CommandError } from "../errors.ts";
import { processText } from "../console/users_and_processes.ts";
import { type FilePlace, tailBefore } from "./file_place.ts";
import { isRing, RING_TEXT, START_BYTES } from "./is_a_ring.ts";

const FLAGS = O_CREAT | O_NOCTTY | O_APPEND | O_NONBLOCK | O_NOFOLLOW |
  O_CLOEXEC;
const MODE = 0o640;

/** The file that a path named when it was opened. */
export class AppendFile {
  /** Device and inode. */
  readonly identity: string;
  readonly #libc: Libc;
  readonly #path: string;
  readonly #fd: number;
  readonly #readable: boolean;
  readonly #output: Output;

  /**
   * @param path Made if it is missing.
   * @throws {SyscallError} such as EACCES; ENODEV if it is not a regular file.
   * @throws {CommandError} naming the process that writes to it already, or if
   * it is a ring.
   */
  constructor(libc: Libc, path: string) {
    this.#libc = libc;
    this.#path = path;
    const { fd, readable } = openLocked(libc, path);
    this.#fd = fd;
    this.#readable = readable;
    try {
      this.identity = this.stat().identity;
      this.#output = new Output(libc, fd, path);
    } catch (error) {
      libc.symbols.close(fd);
      throw error;
    }
  }

  /** Looks at the file, to which others may also write. */
  stat(): FileStat {
    return statFd(this.#libc, this.#fd, this.#path);
  }

  /** Describes the file and its end, so that it is recognised later. */
  place(): FilePlace {
    const { identity, bornNs, bytes } = this.stat();
    const tail = this.#readable
      ? tailBefore((at, most) => this.read(at, most)!, bytes)
      : null;
    return { identity, bornNs, bytes, tail };
  }

  /**
   * Reads a part of the file.
   *
   * @returns As much of it as there is; null if the file may not be read.
   */
  read(offset: number, bytes: number): Uint8Array<ArrayBuffer> | null {
    if (!this.#readable) return null;
    return readAt(this.#libc, this.#fd, offset, bytes, this.#path);
  }

  /** Writes what the file takes at once; see `Output.writeNow`. */
  writeNow(bytes: Uint8Array<ArrayBuffer>): number {
    return this.#output.writeNow(bytes);
  }

  /** Cuts the file to a length. @throws {SyscallError} if that fails. */
  truncate(bytes: number): void {
    const result = this.#libc.symbols.ftruncate(this.#fd, BigInt(bytes));
    this.#libc.check("ftruncate", this.#path, result);
  }

  /**
   * Returns once everything written is on the disk. @throws {SyscallError} if
   * not.
   */
  sync(): void {
    syncFd(this.#libc, this.#fd, this.#path);
  }

  /** Closes the file. May be called only once. */
  close(): void {
    this.#output.close();
    this.#libc.symbols.close(this.#fd);
  }
}

/** How a file was opened. */
interface Opened {
  readonly fd: number;
  readonly readable: boolean;
}

/** Opens and locks the file, and makes sure that it still has the name then. */
function openLocked(libc: Libc, path: string): Opened {
  while (true) {
    const opened = openAppending(libc, path);
    try {
      const { kind, identity } = statFd(libc, opened.fd, path);
      if (kind !== "file") throw new SyscallError("open", ERRNO.ENODEV, path);
      lock(libc, opened.fd, path);
      refuseRing(libc, opened, path);
      if (statPath(libc, path)?.identity === identity) return opened;
    } catch (error) {
      libc.symbols.close(opened.fd);
      throw error;
    }
    // The reader that had locked it has just renamed it and released it.
    libc.symbols.close(opened.fd);
  }
}

/** Refuses a second reader, which would append each record a second time. */
function lock(libc: Libc, fd: number, path: string): void {
  const holder = lockFile(libc, fd, path);
  if (holder === 0) return;
  throw new CommandError(`${processText(libc, holder)} writes to it already`, {
    subject: path,
    todo: "give another -f, or end that one",
  });
}

/**
 * Refuses a ring, because one may have appeared after the arguments were
 * checked.
 */
function refuseRing(libc: Libc, { fd, readable }: Opened, path: string): void {
  if (!readable) return;
  const { bytes } = statFd(libc, fd, path);
  if (!isRing(readAt(libc, fd, 0, START_BYTES, path), bytes)) return;
  const todo = "give -f another path";
  throw new CommandError(RING_TEXT, { subject: path, todo });
}

/**
 * Opens the file for appending, and for reading too if that is allowed, so that
 * the file can be recognised later.
 */
function openAppending(libc: Libc, path: string): Opened {
  const { symbols } = libc;
  const name = cString(path);
  const fd = symbols.open(name, FLAGS | O_RDWR, MODE);
  if (fd >= 0) return { fd, readable: true };
  const blind = libc.errno() === ERRNO.EACCES
    ? symbols.open(name, FLAGS | O_WRONLY, MODE)
    : -1;
  return { fd: libc.check("open", path, blind), readable: false };
}
