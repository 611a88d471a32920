// SPDX-License-Identifier: MIT
/**
 * Maps POSIX shared memory objects. Source: shm_open(3), shm_overview(7).
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import { lockByte } from "./lock.ts";
import { Mapping, PAGE_BYTES } from "./mapping.ts";
import { newMemfd } from "./memfd.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY } from "./open_flags.ts";
import {
  newObject,
  OBJECTS_FOLDER,
  OPEN_READ,
  OPEN_WRITE,
  openObject,
  shmName,
} from "./shm_object.ts";
import { type FileStat, statFd, statPath } from "./stat.ts";

/** How an object is opened. */
export interface OpenOptions {
  /** Looks at the open object before it is mapped; throws to refuse it. */
  readonly admit?: (stat: FileStat) => void;
  /** The most bytes that are mapped. */
  readonly mostBytes?: number;
  /** Whether `writablePart` and `lock` will be called. */
  readonly writable?: boolean;
}

/** A part of an object that is mapped for writing. */
interface Part {
  readonly offset: number;
  readonly mapping: Mapping;
}

/**
 * A mapped object. A process of this host that may write to the object, such as
 * QEMU, may also truncate it, and reading beyond its end then ends this process
 * with SIGBUS. The guest cannot truncate it.
 */
export class SharedMemory implements Disposable {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #path: string;
  readonly #identity: string;
  readonly #mapping: Mapping;
  #part: Part | null = null;
  #closed = false;

  /** Maps an open object, and owns `fd` from then on, even if that fails. */
  private constructor(
    libc: Libc,
    readonly name: string,
    path: string,
    fd: number,
    writable: boolean,
    { admit, mostBytes = Infinity }: OpenOptions,
  ) {
    this.#libc = libc;
    this.#path = path;
    this.#fd = fd;
    try {
      const stat = statFd(libc, fd, name);
      admit?.(stat);
      if (stat.kind !== "file") {
        throw new SyscallError("mmap", ERRNO.ENODEV, name);
      }
      this.bytes = Math.min(stat.bytes, mostBytes);
      this.#identity = stat.identity;
      const { bytes } = this;
      this.#mapping = new Mapping(libc, {
        fd,
        offset: 0,
        bytes,
        writable,
        name,
      });
    } catch (error) {
      libc.symbols.close(fd);
      throw error;
    }
  }

  /** Bytes mapped: the object's size when it was opened, or `mostBytes`. */
  readonly bytes: number;

  /**
   * Maps an existing object read-only. Storing through `buffer` ends this
   * process with SIGSEGV.
   *
   * @param name "/NAME" or "NAME".
   * @throws {RangeError} if the name is impossible.
   * @throws {SyscallError} such as ENOENT, EACCES; ELOOP if it is a symbolic
   * link, ENODEV if it is no file.
   */
  static open(
    libc: Libc,
    name: string,
    options: OpenOptions = {},
  ): SharedMemory {
    const object = shmName(name);
    const flags = options.writable ? OPEN_WRITE : OPEN_READ;
    const fd = openObject(libc, object, flags, 0);
    const path = OBJECTS_FOLDER + object;
    return new SharedMemory(libc, object, path, fd, false, options);
  }

  /**
   * Maps a file read-only: a copy of an object. Links are followed.
   *
   * @throws {SyscallError} such as ENOENT, EACCES; ENODEV if it is no file.
   */
  static openFile(
    libc: Libc,
    path: string,
    options: OpenOptions = {},
  ): SharedMemory {
    const flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
    const fd = libc.symbols.open(cString(path), flags, 0);
    libc.check("open", path, fd);
    return new SharedMemory(libc, path, path, fd, false, options);
  }

  /**
   * Makes an object, zeroed, and maps it for reading and writing.
   *
   * @param name "/NAME" or "NAME".
   * @param bytes Its size.
   * @throws {RangeError} if the name or the size is impossible.
   * @throws {SyscallError} such as EEXIST.
   */
  static create(libc: Libc, name: string, bytes: number): SharedMemory {
    const object = shmName(name);
    const fd = newObject(libc, object, bytes, (fd) => {
      const result = libc.symbols.ftruncate(fd, BigInt(bytes));
      libc.check("ftruncate", object, result);
    });
    const path = OBJECTS_FOLDER + object;
    return new SharedMemory(libc, object, path, fd, true, {});
  }

  /**
   * Makes memory that has no name, with `newMemfd`, and maps it read-only.
   *
   * @param label What it is called in errors and in /proc.
   * @throws {SyscallError} such as ENOSPC.
   */
  static anonymous(libc: Libc, label: string, bytes: number): SharedMemory {
    const fd = newMemfd(libc, label, bytes);
    return new SharedMemory(libc, label, "", fd, false, {});
  }

  /**
   * Removes an object's name; mappings of the object stay.
   *
   * @returns False if there was no such object.
   * @throws {SyscallError} such as EACCES.
   */
  static unlink(libc: Libc, name: string): boolean {
    const object = shmName(name);
    if (libc.symbols.shm_unlink(cString(object)) === 0) return true;
    const errno = libc.errno();
    if (errno === ERRNO.ENOENT) return false;
    throw new SyscallError("shm_unlink", errno, object);
  }

  /** The mapped bytes, always the same buffer. @throws {Error} once closed. */
  get buffer(): ArrayBuffer {
    if (this.#closed) throw new Error(`${this.name} is closed`);
    return this.#mapping.buffer;
  }

  /** The descriptor, which may be sent to other processes, but not closed. */
  get fd(): number {
    return this.#fd;
  }

  /**
   * Maps whole pages of the object for writing. Only one such part is mapped at
   * a time: when another one is, arrays over the previous one become empty.
   *
   * @param offset The offset of the first page.
   * @throws {RangeError} if these are no whole pages within the object.
   * @throws {SyscallError} such as EACCES, if it was not opened for writing.
   */
  writablePart(offset: number, bytes: number): ArrayBuffer {
    const part = this.#part;
    if (part?.offset === offset && part.mapping.buffer.byteLength === bytes) {
      return part.mapping.buffer;
    }
    const whole = offset % PAGE_BYTES === 0 && bytes % PAGE_BYTES === 0;
    if (!whole || offset < 0 || bytes <= 0 || offset + bytes > this.bytes) {
      throw new RangeError(
        `${bytes} bytes at ${offset} are no pages of ${this.name}`,
      );
    }
    this.#part?.mapping.close();
    this.#part = null;
    const place = { fd: this.#fd, offset, bytes, name: this.name };
    const mapping = new Mapping(this.#libc, { ...place, writable: true });
    this.#part = { offset, mapping };
    return mapping.buffer;
  }

  /**
   * Locks a byte of the object for this process until this is closed.
   *
   * @returns 0, or the process that has it, as `lockByte` returns it.
   * @throws {SyscallError} such as EBADF, if it was not opened for writing.
   */
  lock(offset: number): number {
    return lockByte(this.#libc, this.#fd, offset, this.name);
  }

  /** Returns the size that the object has now. @throws {SyscallError} */
  currentBytes(): number {
    return statFd(this.#libc, this.#fd, this.name).bytes;
  }

  /**
   * Returns what the object's name stands for now.
   *
   * @returns "another" if it was removed and made anew.
   * @throws {SyscallError} such as EACCES.
   */
  named(): "this" | "another" | "nothing" {
    const stat = statPath(this.#libc, this.#path);
    if (stat === null) return "nothing";
    return stat.identity === this.#identity ? "this" : "another";
  }

  /**
   * Unmaps. Idempotent. Arrays over `buffer` become empty: it is detached
   * first, so that none of them reaches memory that is gone.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#libc.symbols.close(this.#fd);
    this.#part?.mapping.close();
    this.#mapping.close();
  }

  /** Calls {@linkcode SharedMemory.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}
