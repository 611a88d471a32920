// SPDX-License-Identifier: MIT
/**
 * POSIX shared memory objects, mapped. Source: shm_open(3), shm_overview(7).
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import { statFd } from "./stat.ts";

const O_RDONLY = 0;
const O_RDWR = 0o2;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
// A FIFO by this name must not block the open.
const O_NONBLOCK = 0o4000;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffffffffffffffffn;
const NAME_BYTES_MAX = 255;

/**
 * The name of an object as shm_open(3) wants it.
 *
 * @param name "/NAME" or "NAME".
 * @returns "/NAME".
 * @throws {RangeError} where there can be no such object.
 */
export function shmName(name: string): string {
  const bare = name.startsWith("/") ? name.slice(1) : name;
  if (
    bare === "" || bare === "." || bare === ".." ||
    bare.includes("/") || bare.includes("\0")
  ) {
    throw new RangeError(
      `"${name}" names no shared memory object: give "/NAME" with one slash`,
    );
  }
  if (new TextEncoder().encode(bare).length > NAME_BYTES_MAX) {
    throw new RangeError(
      `the name of a shared memory object has at most ${NAME_BYTES_MAX} bytes`,
    );
  }
  return `/${bare}`;
}

/**
 * A mapped object. Whoever may write to the object may also truncate it, and
 * reading beyond its end then ends this process with SIGBUS: that is the host
 * side (QEMU, the administrator), never the guest.
 */
export class SharedMemory implements Disposable {
  readonly #libc: Libc;
  readonly #pointer: Deno.PointerObject | null;
  readonly #buffer: ArrayBuffer;
  #closed = false;

  private constructor(
    libc: Libc,
    readonly name: string,
    /** Bytes mapped: the object's size when it was opened. */
    readonly bytes: number,
    pointer: Deno.PointerObject | null,
  ) {
    this.#libc = libc;
    this.#pointer = pointer;
    // One wrapper for the life of the mapping: each counts as external memory.
    this.#buffer = pointer === null
      ? new ArrayBuffer(0)
      : Deno.UnsafePointerView.getArrayBuffer(pointer, bytes);
  }

  /**
   * Maps an existing object read-only. Storing through `buffer` ends this
   * process with SIGSEGV.
   *
   * @param name "/NAME" or "NAME".
   * @throws {RangeError} where the name is impossible.
   * @throws {SyscallError} such as ENOENT, EACCES; ENODEV if it is no file.
   */
  static open(libc: Libc, name: string): SharedMemory {
    const object = shmName(name);
    // shm_open adds O_NOFOLLOW and O_CLOEXEC.
    const flags = O_RDONLY | O_NONBLOCK;
    const fd = libc.check(
      "shm_open",
      object,
      libc.symbols.shm_open(cString(object), flags, 0),
    );
    return mapAndClose(libc, fd, () => {
      const { kind, bytes } = statFd(libc, fd, object);
      if (kind !== "file") throw new SyscallError("mmap", ERRNO.ENODEV, object);
      const pointer = map(libc, fd, bytes, PROT_READ, object);
      return new SharedMemory(libc, object, bytes, pointer);
    });
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
    if (!Number.isSafeInteger(bytes) || bytes <= 0) {
      throw new RangeError(`${bytes} is no size of a shared memory object`);
    }
    const flags = O_RDWR | O_CREAT | O_EXCL;
    const fd = libc.check(
      "shm_open",
      object,
      libc.symbols.shm_open(cString(object), flags, 0o600),
    );
    return mapAndClose(libc, fd, () => {
      const size = BigInt(bytes);
      libc.check("ftruncate", object, libc.symbols.ftruncate(fd, size));
      const pointer = map(libc, fd, bytes, PROT_READ | PROT_WRITE, object);
      return new SharedMemory(libc, object, bytes, pointer);
    });
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

  /**
   * Unmaps. Idempotent. Arrays over `buffer` become empty: it is detached
   * first, so that none of them reaches memory that is gone.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#buffer.transfer();
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

/** A mapping outlives its descriptor, so that is given back in any case. */
function mapAndClose<T>(libc: Libc, fd: number, body: () => T): T {
  try {
    return body();
  } finally {
    libc.symbols.close(fd);
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
