// SPDX-License-Identifier: MIT
/**
 * Names, opens and makes POSIX shared memory objects. Source: shm_open(3),
 * shm_overview(7).
 *
 * @module
 */
import { bytesOf } from "./c_text.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import { O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR } from "./open_flags.ts";

const NAME_BYTES_MAX = 255;
/** The id by which fchown(2) leaves an owner or group as it is. */
const UNCHANGED = 0xffffffff;

/** The folder in which glibc keeps them. */
export const OBJECTS_FOLDER = "/dev/shm";

/** How to open an object to read it; shm_open adds O_NOFOLLOW and O_CLOEXEC. */
export const OPEN_READ: number = O_RDONLY | O_NONBLOCK;

/** How to open one to write to it, too. */
export const OPEN_WRITE: number = O_RDWR | O_NONBLOCK;

/**
 * Returns the name of an object as shm_open(3) wants it.
 *
 * @param name "/NAME", "NAME", or the path that QEMU is given, "/dev/shm/NAME".
 * @returns "/NAME".
 * @throws {RangeError} if there can be no such object.
 */
export function shmName(name: string): string {
  const start = [`${OBJECTS_FOLDER}/`, "/", ""]
    .find((each) => name.startsWith(each))!;
  const bare = name.slice(start.length);
  if (
    bare === "" || bare === "." || bare === ".." ||
    bare.includes("/") || bare.includes("\0")
  ) {
    throw new RangeError(
      `"${name}" names no shared memory object: give "/NAME" with one slash`,
    );
  }
  if (bytesOf(bare).length > NAME_BYTES_MAX) {
    throw new RangeError(
      `the name of a shared memory object has at most ${NAME_BYTES_MAX} bytes`,
    );
  }
  return `/${bare}`;
}

/** How an object is made. */
export interface MakeOptions {
  readonly bytes: number;
  /** Permission bits, whatever the umask is. */
  readonly mode: number;
  /** User id of its owner; this process's own if not given. */
  readonly uid?: number;
}

/**
 * Opens an object.
 *
 * @param object From {@linkcode shmName}.
 * @param flags Flags of shm_open(3).
 * @param mode Permission bits, if it is made.
 * @returns A file descriptor, for the caller to close.
 * @throws {SyscallError} such as ENOENT, EEXIST.
 */
export function openObject(
  libc: Libc,
  object: string,
  flags: number,
  mode: number,
): number {
  const fd = libc.symbols.shm_open(cString(object), flags, mode);
  return libc.check("shm_open", object, fd);
}

/**
 * Makes an object that does not exist yet.
 *
 * @param object From {@linkcode shmName}.
 * @param bytes The size that it is to have.
 * @param prepare Gives it this size; if that fails, nothing is left behind.
 * @returns A file descriptor for reading and writing, for the caller to close.
 * @throws {RangeError} if the size is impossible.
 * @throws {SyscallError} such as EEXIST.
 */
export function newObject(
  libc: Libc,
  object: string,
  bytes: number,
  prepare: (fd: number) => void,
): number {
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new RangeError(`${bytes} is no size of a shared memory object`);
  }
  const fd = openObject(libc, object, O_RDWR | O_CREAT | O_EXCL, 0o600);
  try {
    prepare(fd);
  } catch (error) {
    libc.symbols.close(fd);
    libc.symbols.shm_unlink(cString(object));
    throw error;
  }
  return fd;
}

/**
 * Makes an object, zeroed and with its memory reserved, so that writing to it
 * never fails for lack of room. It gets its size last, after owner and mode.
 *
 * @param name "/NAME" or "NAME".
 * @throws {RangeError} if the name or the size is impossible.
 * @throws {SyscallError} such as EEXIST, ENOSPC; nothing is left behind.
 */
export function makeObject(
  libc: Libc,
  name: string,
  { bytes, mode, uid = UNCHANGED }: MakeOptions,
): void {
  const { symbols } = libc;
  const object = shmName(name);
  const fd = newObject(libc, object, bytes, (fd) => {
    libc.check("fchown", object, symbols.fchown(fd, uid, UNCHANGED));
    libc.check("fchmod", object, symbols.fchmod(fd, mode));
    const errno = symbols.posix_fallocate(fd, 0n, BigInt(bytes));
    if (errno !== 0) throw new SyscallError("posix_fallocate", errno, object);
  });
  symbols.close(fd);
}

/**
 * Reads the first bytes of an object without mapping it, so that truncating it
 * meanwhile does this process no harm.
 *
 * @param name "/NAME" or "NAME".
 * @param bytes How many to read; fewer are returned if the object has fewer.
 * @throws {RangeError} if the name is impossible.
 * @throws {SyscallError} such as ENOENT, EACCES; EISDIR, ESPIPE if it is no
 * file.
 */
export function readObjectStart(
  libc: Libc,
  name: string,
  bytes: number,
): Uint8Array<ArrayBuffer> {
  const object = shmName(name);
  const fd = openObject(libc, object, OPEN_READ, 0);
  try {
    const start = new Uint8Array(bytes);
    const count = libc.symbols.pread(fd, start, bytes, 0n);
    return start.subarray(0, libc.check("pread", object, count));
  } finally {
    libc.symbols.close(fd);
  }
}
