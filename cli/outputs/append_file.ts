// SPDX-License-Identifier: MIT
/**
 * A regular file, open for appending.
 *
 * @module
 */
import { ERRNO } from "../../ffi/errno.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { cString, type Libc } from "../../ffi/libc.ts";
import { Output } from "../../ffi/output.ts";
import { statFd } from "../../ffi/stat.ts";
import { syncFd } from "../../ffi/sync.ts";

const O_WRONLY = 0o1;
const O_CREAT = 0o100;
const O_NOCTTY = 0o400;
const O_APPEND = 0o2000;
// A FIFO by this name must not block the open.
const O_NONBLOCK = 0o4000;
const O_NOFOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;
const O_CLOEXEC = 0o2000000;
const MODE = 0o640;

/** A file as a cursor remembers it. */
export interface FilePlace {
  /** Device and inode. */
  readonly identity: string;
  /** Its length in bytes. */
  readonly bytes: number;
}

/** The file that a path named when it was opened. */
export class AppendFile {
  readonly #libc: Libc;
  readonly #path: string;
  readonly #fd: number;
  readonly #output: Output;

  /**
   * @param path Made if it is missing.
   * @throws {SyscallError} such as EACCES; ENODEV if it is no regular file.
   */
  constructor(libc: Libc, path: string) {
    this.#libc = libc;
    this.#path = path;
    const flags = O_WRONLY | O_CREAT | O_NOCTTY | O_APPEND | O_NONBLOCK |
      O_NOFOLLOW | O_CLOEXEC;
    const { symbols } = libc;
    this.#fd = libc.check(
      "open",
      path,
      symbols.open(cString(path), flags, MODE),
    );
    try {
      if (statFd(libc, this.#fd, path).kind !== "file") {
        throw new SyscallError("open", ERRNO.ENODEV, path);
      }
      this.#output = new Output(libc, this.#fd, path);
    } catch (error) {
      symbols.close(this.#fd);
      throw error;
    }
  }

  /** Which file it is and how long, whoever else writes to it. */
  place(): FilePlace {
    return statFd(this.#libc, this.#fd, this.#path);
  }

  /** As `Output.writeNow`. */
  writeNow(bytes: Uint8Array<ArrayBuffer>): number {
    return this.#output.writeNow(bytes);
  }

  /** Cuts it to a length. @throws {SyscallError} */
  truncate(bytes: number): void {
    const result = this.#libc.symbols.ftruncate(this.#fd, BigInt(bytes));
    this.#libc.check("ftruncate", this.#path, result);
  }

  /** Returns when what is written is on the disk. @throws {SyscallError} */
  sync(): void {
    syncFd(this.#libc, this.#fd, this.#path);
  }

  /** To be called once. */
  close(): void {
    this.#output.close();
    this.#libc.symbols.close(this.#fd);
  }
}
