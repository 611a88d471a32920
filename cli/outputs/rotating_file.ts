// SPDX-License-Identifier: MIT
/**
 * A file that is appended to, and renamed away when it has grown large.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { statPath } from "../../ffi/stat.ts";
import { syncDirectoryOf } from "../../ffi/sync.ts";
import { AppendFile, type FilePlace } from "./append_file.ts";
import type { Target } from "./target.ts";

/** When a file is renamed, and how many are kept. */
export interface RotationRules {
  /** A message that would make the file larger begins a new one. */
  readonly limitBytes: number;
  /** Files kept, the current one included; at least 1. */
  readonly files: number;
}

/** Bytes that belong into one file. */
interface Segment {
  bytes: number;
  /** To be called when the file is there and nothing is in it. */
  readonly turned: () => void;
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
  #open: AppendFile;
  /** The new file, while the turn to it is not complete. */
  #next: AppendFile | null = null;
  #moved = false;
  #disposed = false;
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
    this.#open = new AppendFile(libc, path);
    this.#plannedBytes = this.place().bytes;
  }

  /** The current file. */
  place(): FilePlace {
    return this.#open.place();
  }

  /** As {@linkcode Target.roomBytes}: so much begins no new file. */
  get roomBytes(): number {
    return Math.max(0, this.#rules.limitBytes - this.#plannedBytes);
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
        const count = this.#open.writeNow(part);
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

  /** As {@linkcode Target.takeBack}, if the disk lets it. */
  takeBack(bytes: number): void {
    if (bytes === 0) return;
    try {
      this.#open.truncate(Math.max(0, this.place().bytes - bytes));
    } catch (error) {
      // The account that follows matters more than half a line.
      if (!(error instanceof SyscallError)) throw error;
    }
  }

  /** Returns when what is written is on the disk. @throws {SyscallError} */
  sync(): void {
    this.#open.sync();
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
    const next = new AppendFile(this.#libc, this.#path);
    this.#swap(next);
    const place = this.place();
    this.#plannedBytes = place.bytes;
    return place.identity !== identity;
  }

  /** Cuts the current file. @throws {SyscallError} */
  truncate(bytes: number): void {
    this.#open.truncate(bytes);
    this.#plannedBytes = bytes;
  }

  /** Idempotent. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#open.close();
    this.#next?.close();
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
      this.#next = new AppendFile(this.#libc, this.#path);
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
      this.#open.truncate(0);
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

  #swap(next: AppendFile): void {
    const old = this.#open;
    this.#open = next;
    old.close();
  }
}
