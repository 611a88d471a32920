// SPDX-License-Identifier: MIT
/**
 * POSIX shared memory objects, mapped. Source: shm_open(3), shm_overview(7).
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import {
  newObject,
  OBJECTS_FOLDER,
  OPEN_READ,
  openObject,
  shmName,
} from "./shm_object.ts";
import { type FileStat, statFd, statPath } from "./stat.ts";

const O_RDONLY = 0;
// A FIFO by this name must not block the open.
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffffffffffffffffn;

/** How an object is opened. */
export interface OpenOptions {
  /** Looks at the open object before it is mapped; throws to refuse it. */
  readonly admit?: (stat: FileStat) => void;
  /** Bytes of it that are mapped at most. */
  readonly mostBytes?: number;
}

/**
 * A mapped object. Whoever may write to the object may also truncate it, and
 * reading beyond its end then ends this process with SIGBUS: that is the host
 * side (QEMU, the administrator), never the guest.
 */
export class SharedMemory implements Disposable {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #path: string;
  readonly #identity: string;
  readonly #pointer: Deno.PointerObject | null;
  readonly #buffer: ArrayBuffer;
  #closed = false;

  /** Maps an open object; `fd` is this one's from then on, even if it fails. */
  private constructor(
    libc: Libc,
    readonly name: string,
    path: string,
    fd: number,
    protection: number,
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
      this.#pointer = map(libc, fd, this.bytes, protection, name);
    } catch (error) {
      libc.symbols.close(fd);
      throw error;
    }
    // One wrapper for the life of the mapping: each counts as external memory.
    this.#buffer = this.#pointer === null
      ? new ArrayBuffer(0)
      : Deno.UnsafePointerView.getArrayBuffer(this.#pointer, this.bytes);
  }

  /** Bytes mapped: the object's size when it was opened, or `mostBytes`. */
  readonly bytes: number;

  /**
   * Maps an existing object read-only. Storing through `buffer` ends this
   * process with SIGSEGV.
   *
   * @param name "/NAME" or "NAME".
   * @throws {RangeError} where the name is impossible.
   * @throws {SyscallError} such as ENOENT, EACCES; ELOOP if it is a symbolic
   * link, ENODEV if it is no file.
   */
  static open(
    libc: Libc,
    name: string,
    options: OpenOptions = {},
  ): SharedMemory {
    const object = shmName(name);
    const fd = openObject(libc, object, OPEN_READ, 0);
    const path = OBJECTS_FOLDER + object;
    return new SharedMemory(libc, object, path, fd, PROT_READ, options);
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
    return new SharedMemory(libc, path, path, fd, PROT_READ, options);
  }

  /**
   * Makes an object, zeroed, and maps it for reading and writing.
   *
   * @param name "/NAME" or "NAME".
   * @param bytes Its size.
   * @throws {RangeError} where the name or the size is impossible.
   * @throws {SyscallError} such as EEXIST.
   */
  static create(libc: Libc, name: string, bytes: number): SharedMemory {
    const object = shmName(name);
    const fd = newObject(libc, object, bytes, (fd) => {
      const result = libc.symbols.ftruncate(fd, BigInt(bytes));
      libc.check("ftruncate", object, result);
    });
    const protection = PROT_READ | PROT_WRITE;
    const path = OBJECTS_FOLDER + object;
    return new SharedMemory(libc, object, path, fd, protection, {});
  }

  /**
   * Removes an object's name; mappings of it stay.
   *
   * @returns False where there was none.
   * @throws {SyscallError} such as EACCES.
   */
  static unlink(libc: Libc, name: string): boolean {
    const object = shmName(name);
    if (libc.symbols.shm_unlink(cString(object)) === 0) return true;
    const errno = libc.errno();
    if (errno === ERRNO.ENOENT) return false;
    throw new SyscallError("shm_unlink", errno, object);
  }

  /** The mapped bytes; always the same object. @throws {Error} once closed. */
  get buffer(): ArrayBuffer {
    if (this.#closed) throw new Error(`${this.name} is closed`);
    return this.#buffer;
  }

  /** Bytes the object has now. @throws {SyscallError} */
  currentBytes(): number {
    return statFd(this.#libc, this.#fd, this.name).bytes;
  }

  /**
   * What the object's name stands for now.
   *
   * @returns "another" where it was removed and made anew.
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
    this.#buffer.transfer();
    this.#libc.symbols.close(this.#fd);
    if (this.#pointer !== null) {
      this.#libc.check(
        "munmap",
        this.name,
        this.#libc.symbols.munmap(this.#pointer, BigInt(this.bytes)),
      );
    }
  }

  /** As {@linkcode SharedMemory.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function map(
  libc: Libc,
  fd: number,
  bytes: number,
  protection: number,
  object: string,
): Deno.PointerObject | null {
  // mmap(2) takes no length of 0; such an object is still being made.
  if (bytes === 0) return null;
  const size = BigInt(bytes);
  const pointer = libc.symbols.mmap(null, size, protection, MAP_SHARED, fd, 0n);
  if (Deno.UnsafePointer.value(pointer) === MAP_FAILED) {
    throw new SyscallError("mmap", libc.errno(), object);
  }
  return pointer;
}
