// SPDX-License-Identifier: MIT
/**
 * Reads files. Deno's own functions are not used, because they do not allow
 * that below /dev, where /dev/shm is, and because they resolve ".." in the text
 * of a path, while the kernel follows symbolic links. Source: read(2),
 * pread(2).
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY } from "./open_flags.ts";
import { readAt } from "./read_at.ts";
import { type FileStat, statFd } from "./stat.ts";

/** The most bytes that one call asks for. */
const CHUNK_BYTES_MAX = 1 << 20;

/** Reads a regular file. */
export class FileReader implements Disposable {
  readonly #libc: Libc;
  readonly #path: string;
  #fd: number;

  /**
   * Opens it. Links are followed.
   *
   * @throws {SyscallError} such as ENOENT, EACCES; ENODEV if it is no file.
   */
  constructor(libc: Libc, path: string) {
    this.#libc = libc;
    this.#path = path;
    const flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
    const fd = libc.symbols.open(cString(path), flags, 0);
    this.#fd = libc.check("open", path, fd);
    if (this.stat().kind === "file") return;
    this[Symbol.dispose]();
    throw new SyscallError("open", ERRNO.ENODEV, path);
  }

  /**
   * Reads on, until `bytes` is full.
   *
   * @returns False if the file ends before that.
   * @throws {SyscallError} such as EIO.
   */
  fill(bytes: Uint8Array<ArrayBuffer>): boolean {
    for (let done = 0; done < bytes.length;) {
      const rest = bytes.subarray(done);
      const length = Math.min(rest.length, CHUNK_BYTES_MAX);
      const count = this.#libc.symbols.read(this.#fd, rest, length);
      if (this.#libc.check("read", this.#path, count) === 0) return false;
      done += count;
    }
    return true;
  }

  /** Returns which file it is, and its size. */
  stat(): FileStat {
    return statFd(this.#libc, this.#fd, this.#path);
  }

  /**
   * Reads a part of the file, independently of `fill`.
   *
   * @returns The bytes; fewer than wanted if the file ends before that.
   * @throws {SyscallError} such as EIO.
   */
  read(offset: number, bytes: number): Uint8Array<ArrayBuffer> {
    return readAt(this.#libc, this.#fd, offset, bytes, this.#path);
  }

  /** Returns the whole file. @throws {SyscallError} such as EIO. */
  whole(): Uint8Array<ArrayBuffer> {
    return this.read(0, this.stat().bytes);
  }

  /** Closes it. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#fd >= 0) this.#libc.symbols.close(this.#fd);
    this.#fd = -1;
  }
}
