// SPDX-License-Identifier: MIT
/**
 * Locks on single bytes of a file, which the kernel lets go when the process
 * ends, however it ends. They belong to the process: closing ANY descriptor of
 * the file lets them go, too, so the file has to be opened once only. Source:
 * fcntl(2), "Advisory record locking".
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import type { Libc } from "./libc.ts";

const F_GETLK = 5;
const F_SETLK = 6;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** struct flock of 64-bit machines; l_whence stays 0, SEEK_SET. */
const FLOCK = { size: 32, type: 0, start: 8, length: 16, pid: 24 } as const;

/**
 * Takes one byte of a file for this process, unless another one has it.
 *
 * @param fd Open for writing.
 * @param subject What it is, for the error.
 * @returns 0 if it is ours now; else the process that has it, or -1 where that
 * one cannot be named (it is in another container).
 * @throws {SyscallError} such as EBADF.
 */
export function lockByte(
  libc: Libc,
  fd: number,
  offset: number,
  subject: string,
): number {
  const lock = new DataView(new ArrayBuffer(FLOCK.size));
  lock.setInt16(FLOCK.type, F_WRLCK, true);
  lock.setBigInt64(FLOCK.start, BigInt(offset), true);
  lock.setBigInt64(FLOCK.length, 1n, true);
  const bytes = new Uint8Array(lock.buffer);
  const { fcntlLock } = libc.symbols;
  if (fcntlLock(fd, F_SETLK, bytes) === 0) return 0;
  const errno = libc.errno();
  if (errno !== ERRNO.EAGAIN && errno !== ERRNO.EACCES) {
    throw new SyscallError("fcntl", errno, subject);
  }
  libc.check("fcntl", subject, fcntlLock(fd, F_GETLK, bytes));
  const free = lock.getInt16(FLOCK.type, true) === F_UNLCK;
  // Let go in between: whoever had it cannot be named any more.
  return free ? -1 : lock.getInt32(FLOCK.pid, true) || -1;
}
