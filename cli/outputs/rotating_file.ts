// SPDX-License-Identifier: MIT
/**
 * A file that is appended to, and renamed away when it has grown large.
 *
 * @module
 */
import { ERRNO } from "../../ffi/errno.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { syncDirectoryOf, syncFd } from "../../ffi/sync.ts";
import { cString, type Libc } from "../../ffi/libc.ts";
import { Output } from "../../ffi/output.ts";
import { statFd, statPath } from "../../ffi/stat.ts";
import type { Target } from "./target.ts";

const O_WRONLY = 0o1;
const O_CREAT = 0o100;
const O_NOCTTY = 0o400;
const O_APPEND = 0o2000;
// A FIFO by this name must not block the open.
const O_NONBLOCK = 0o4000;
const O_NOFOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;
const O_CLOEXEC = 0o2000000;
const MODE = 0o640;

/** When a file is renamed, and how many are kept. */
export interface RotationRules {
  /** A message that would make the file larger begins a new one. */
  readonly limitBytes: number;
  /** Files kept, the current one included; at least 1. */
  readonly files: number;
}

/** A file as a cursor remembers it. */
export interface FilePlace {
  /** Device and inode. */
  readonly identity: string;
  /** Its length in bytes. */
  readonly bytes: number;
}

/** Bytes that belong into one file. */
interface Segment {
  bytes: number;
  /** To be called when the file is there and nothing is in it. */
  readonly turned: () => void;
}

interface OpenFile {
  readonly fd: number;
  readonly output: Output;
}

/** Appends to FILE; older ones are FILE.1, FILE.2 and so on. */
export class RotatingFile implements Target, Disposable {
  readonly ended = false;
  /**
   * Called for each message that begins a new file, before it is written;
   * what it returns is called once that file is there and still empty.
   */
  onTurn: (() => () => void) | null = null;
  readonly #libc: Libc;
  readonly #path: string;
  readonly #rules: RotationRules;
  #open: OpenFile;
  /** The new file, while the turn to it is not complete. */
  #next: OpenFile | null = null;
  #moved = false;
  /** What is still to be written, the current file's first. */
  #segments: Segment[] = [{ bytes: 0, turned: () => {} }];
  /** Length that the last segment's file will have. */
  #plannedBytes: number;

  /**
   * @param path Made if it is missing, appended to if not.
   * @throws {SyscallError} such as EACCES; ENODEV if it is no regular file.
   */
  constructor(libc: Libc, path: string, rules: RotationRules) {
    this.#libc = libc;
    this.#path = path;
    this.#rules = rules;
    this.#open = this.#openFile();
    this.#plannedBytes = this.place().bytes;
  }

  /** The current file. */
  place(): FilePlace {
    return statFd(this.#libc, this.#open.fd, this.#path);
  }

  /** As {@linkcode Target.message}. */
  message(bytes: number): void {
    const planned = this.#plannedBytes + bytes;
    if (this.#plannedBytes > 0 && planned > this.#rules.limitBytes) {
      this.#segments.push({ bytes, turned: this.onTurn?.() ?? (() => {}) });
      this.#plannedBytes = bytes;
    } else {
      this.#segments.at(-1)!.bytes += bytes;
      this.#plannedBytes = planned;
    }
  }

  /** As {@linkcode Target.writeNow}; takes only what `message` announced. */
  writeNow(bytes: Uint8Array<ArrayBuffer>): number {
    let done = 0;
    try {
      while (done < bytes.length) {
        if (this.#segments[0].bytes === 0) this.#turn();
        const most = Math.min(bytes.length - done, this.#segments[0].bytes);
        const part = bytes.subarray(done, done + most);
        const count = this.#open.output.writeNow(part);
        this.#segments[0].bytes -= count;
        done += count;
        if (count < most) break;
      }
    } catch (error) {
      if (done === 0) throw error; // else the next call meets it again
    }
    return done;
  }

  /** As {@linkcode Target.ready}: a file is ready, or in trouble. */
  ready(): Promise<void> {
    return Promise.resolve();
  }

  /** As {@linkcode Target.takeBack}. Does what it can: the end is near. */
  takeBack(bytes: number): void {
    if (bytes === 0) return;
    const rest = BigInt(Math.max(0, this.place().bytes - bytes));
    this.#libc.symbols.ftruncate(this.#open.fd, rest);
  }

  /** Returns when what is written is on the disk. @throws {SyscallError} */
  sync(): void {
    syncFd(this.#libc, this.#open.fd, this.#path);
  }

  /**
   * Opens the path anew, where another file may be by now. All that was
   * announced must have been written.
   *
   * @returns Whether it is another file.
   * @throws {SyscallError} as the constructor; the old one then stays open.
   */
  reopen(): boolean {
    const { identity } = this.place();
    const next = this.#openFile();
    this.#swap(next);
    const place = this.place();
    this.#plannedBytes = place.bytes;
    return place.identity !== identity;
  }

  /** Cuts the current file. @throws {SyscallError} */
  truncate(bytes: number): void {
    this.#cut(bytes);
    this.#plannedBytes = bytes;
  }

  /** Idempotent. */
  [Symbol.dispose](): void {
    this.#close(this.#open);
    if (this.#next !== null) this.#close(this.#next);
    this.#next = null;
  }

  /**
   * Goes on to the next file. May fail at any step for want of room, and is
   * then called again: each step is done once.
   */
  #turn(): void {
    if (this.#next === null) {
      if (this.onTurn !== null) this.sync();
      this.#moveAway();
      this.#next = this.#openFile();
    }
    if (this.onTurn !== null) syncDirectoryOf(this.#libc, this.#path);
    this.#swap(this.#next);
    this.#next = null;
    this.#segments[1].turned();
    this.#segments.shift();
    this.#moved = false;
  }

  /** A rename that a crash cut short left a free name: nothing moves above it. */
  #moveAway(): void {
    if (this.#moved) return;
    const { files } = this.#rules;
    const named = (i: number) => i === 0 ? this.#path : `${this.#path}.${i}`;
    if (files === 1) {
      this.#cut(0);
    } else {
      let free = 1;
      while (free < files - 1 && statPath(this.#libc, named(free))) free++;
      for (let i = free; i > 0; i--) {
        if (statPath(this.#libc, named(i - 1)) === null) continue;
        Deno.renameSync(named(i - 1), named(i));
      }
    }
    this.#moved = true;
  }

  #cut(bytes: number): void {
    const { fd } = this.#open;
    const result = this.#libc.symbols.ftruncate(fd, BigInt(bytes));
    this.#libc.check("ftruncate", this.#path, result);
  }

  #swap(next: OpenFile): void {
    const old = this.#open;
    this.#open = next;
    this.#close(old);
  }

  #close({ fd, output }: OpenFile): void {
    output.close();
    this.#libc.symbols.close(fd);
  }

  #openFile(): OpenFile {
    const flags = O_WRONLY | O_CREAT | O_NOCTTY | O_APPEND | O_NONBLOCK |
      O_NOFOLLOW | O_CLOEXEC;
    const fd = this.#libc.check(
      "open",
      this.#path,
      this.#libc.symbols.open(cString(this.#path), flags, MODE),
    );
    try {
      const { kind } = statFd(this.#libc, fd, this.#path);
      if (kind === "file") {
        return { fd, output: new Output(this.#libc, fd, this.#path) };
      }
      throw new SyscallError("open", ERRNO.ENODEV, this.#path);
    } catch (error) {
      this.#libc.symbols.close(fd);
      throw error;
    }
  }
}
