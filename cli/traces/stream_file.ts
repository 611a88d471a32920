// SPDX-License-Identifier: MIT
/**
 * A file of a trace, made of whole packets.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { lockFile } from "../../ffi/lock.ts";
import { Output } from "../../ffi/output.ts";
import { isSameFile, statFd, statPath } from "../../ffi/stat.ts";
import type { Mark, OwnFolder } from "./own_folder.ts";

/**
 * What others have done to a file:
 * - "": nothing;
 * - "removed": it has no name any more, and ends with this process;
 * - "cut": it is shorter than what was written to it;
 * - "longer": they have appended to it;
 * - "changed": it was renamed, or something else has its name.
 */
export type Harm = "" | "removed" | "cut" | "longer" | "changed";

/** A part of a file. */
export interface Part {
  readonly records: number;
  /** Bytes of packets. */
  readonly bytes: number;
}

const SEEK_CUR = 1;

/** A new file that takes packets. */
export class TraceFile {
  /** Bytes of whole packets that were written. */
  bytes = 0;
  /** Records in these packets. */
  records = 0;
  readonly path: string;
  readonly #libc: Libc;
  readonly #name: string;
  readonly #fd: number;
  /** What the file is recognised by. */
  readonly mark: Mark;
  readonly #output: Output;
  /** The part in front of the first bytes of others; null if there are none. */
  #sound: Part | null = null;

  /**
   * Makes the file, and locks it, so that no reader appends its log to it.
   *
   * @throws See `OwnFolder.newFile`.
   */
  constructor(libc: Libc, readonly folder: OwnFolder, name: string) {
    this.#libc = libc;
    this.#name = name;
    this.path = `${folder.path}/${name}`;
    const { fd, mark } = folder.newFile(name);
    this.#fd = fd;
    this.mark = mark;
    this.#output = new Output(libc, fd, this.path);
    lockFile(libc, fd, this.path);
  }

  /** The part that tools can read once everything behind it is cut off. */
  get sound(): Part {
    const { bytes, records } = this;
    return this.#sound ?? { bytes, records };
  }

  /** What others have done to it. */
  get harm(): Harm {
    const { links, bytes } = statFd(this.#libc, this.#fd, this.path);
    if (links === 0) return "removed";
    if (bytes < this.bytes) return "cut";
    if (bytes > this.bytes) return "longer";
    return this.#isNamed ? "" : "changed";
  }

  /**
   * Appends a packet: all of it or nothing, because half a packet at the end
   * would make the trace invalid.
   *
   * @param records How many records are in it.
   * @throws {SyscallError} such as ENOSPC.
   */
  append(packet: Uint8Array<ArrayBuffer>, records: number): void {
    let done = 0;
    try {
      while (done < packet.length) {
        done += this.#output.writeNow(packet.subarray(done));
      }
    } catch (error) {
      this.#takeBack(done);
      throw error;
    }
    // Bytes are always appended at the end of the file, wherever that is.
    const end = this.bytes + packet.length;
    if (this.#position() > end) this.#sound ??= this.sound;
    this.bytes = end;
    this.records += records;
  }

  /**
   * Empties the file after it was cut, because what is left need not be whole
   * packets. A file that was renamed, too, is left as it is.
   *
   * @throws {SyscallError} such as EIO.
   */
  empty(): void {
    if (!this.#isNamed) return;
    const result = this.#libc.symbols.ftruncate(this.#fd, 0n);
    this.#libc.check("ftruncate", this.path, result);
    this.bytes = this.records = 0;
  }

  /** Closes the file; call it once. A file without a packet is removed. */
  close(): void {
    if (this.bytes === 0) this.folder.removeFile(this.#name, this.mark);
    this.#output.close();
    this.#libc.symbols.close(this.#fd);
  }

  get #isNamed(): boolean {
    return isSameFile(statPath(this.#libc, this.path), this.mark);
  }

  /** Returns where in the file the last write ended. */
  #position(): number {
    const position = Number(this.#libc.symbols.lseek(this.#fd, 0n, SEEK_CUR));
    return this.#libc.check("lseek", this.path, position);
  }

  /**
   * Cuts these bytes off the file's end, wherever that is, because others may
   * have cut the file, too.
   */
  #takeBack(bytes: number): void {
    const { bytes: length } = statFd(this.#libc, this.#fd, this.path);
    const { ftruncate } = this.#libc.symbols;
    const rest = BigInt(Math.max(0, length - bytes));
    this.#libc.check("ftruncate", this.path, ftruncate(this.#fd, rest));
  }
}
