// SPDX-License-Identifier: MIT
/**
 * Locks, which the kernel releases when the process ends, in whatever way. All
 * are advisory: they only keep out processes that ask for them.
 *
 * Locks of a single byte, used for shared memory, belong to the process:
 * closing ANY descriptor of the file releases them, too, so that the file must
 * be opened only once. Locks of a whole file belong to the open file and hold
 * until that is closed, so that the file may be opened again at will, and a
 * folder can be locked as well. Source: fcntl(2), "Advisory record locking";
 * flock(2); proc_locks(5).
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import { O_CLOEXEC } from "./open_flags.ts";
import { readAt } from "./read_at.ts";
import { statFd } from "./stat.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCKS = "/proc/locks";
/** More bytes than the list of locks of a large host has. */
const LOCKS_BYTES_MAX = 1 << 20;
/** How many times to look for a holder. */
const LOOKUPS = 3;
/**
 * Errors of network file systems that lack such locks, or lack them for
 * folders.
 */
const NO_LOCKS: readonly number[] = [
  ERRNO.ENOLCK,
  ERRNO.EOPNOTSUPP,
  ERRNO.ENOSYS,
  ERRNO.EBADF,
  ERRNO.EINVAL,
];

const F_GETLK = 5;
const F_SETLK = 6;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** struct flock of 64-bit machines; l_whence stays 0, SEEK_SET. */
const FLOCK = { size: 32, type: 0, start: 8, length: 16, pid: 24 } as const;

/**
 * Locks one byte of a file for this process, unless another process has it.
 *
 * @param fd Open for writing.
 * @param subject What it is, for the error.
 * @returns 0 if this process has it now; else the id of the process that has
 * it, or -1 if that is unknown (the process is in another container).
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
  // Released in between: it is unknown which process had it.
  return free ? -1 : lock.getInt32(FLOCK.pid, true) || -1;
}

/**
 * Locks a whole file or folder, unless another process has locked it. If the
 * file system has no such locks, nothing is locked, and no process is kept out.
 *
 * @param fd Holds the lock until it is closed. Unless it is a folder, it has to
 * be open for writing, because network file systems demand that.
 * @param subject What it is, for the error.
 * @returns 0 if this process has it now; else the id of the process that has
 * it, or -1 if that is unknown (the process is in another container, or on
 * another host).
 * @throws {SyscallError} such as EIO.
 */
export function lockFile(libc: Libc, fd: number, subject: string): number {
  // The list of locks is read in parts, between which it may change.
  for (let attempt = 0; attempt < LOOKUPS; attempt++) {
    if (libc.symbols.flock(fd, LOCK_EX | LOCK_NB) === 0) return 0;
    const errno = libc.errno();
    if (NO_LOCKS.includes(errno)) return 0;
    if (errno !== ERRNO.EAGAIN) {
      throw new SyscallError("flock", errno, subject);
    }
    const holder = holderOf(libc, statFd(libc, fd, subject).identity);
    if (holder > 0) return holder;
  }
  return -1;
}

/**
 * Looks up which process has locked a whole file, because flock(2) does not
 * return it. This works for a file that this user may not open, too.
 *
 * @param identity The file's device and inode.
 * @returns The id of the process; -1 if it is unknown.
 */
export function holderOf(libc: Libc, identity: string): number {
  const [major, minor, inode] = identity.split(":");
  const device = [major, minor].map((part) =>
    Number(part).toString(16).padStart(2, "0")
  ).join(":");
  const holders = new Set<number>();
  for (const line of locksText(libc).split("\n")) {
    // 1: FLOCK  ADVISORY  WRITE 4711 08:01:131085 0 EOF
    const [, kind, , access, pid, place = ""] = line.split(/ +/);
    if (kind !== "FLOCK" || access !== "WRITE") continue;
    if (place === `${device}:${inode}`) return Number(pid);
    // Some file systems show another device here than stat(2) does.
    if (place.endsWith(`:${inode}`)) holders.add(Number(pid));
  }
  return holders.size === 1 ? [...holders][0] : -1;
}

function locksText(libc: Libc): string {
  const { symbols } = libc;
  const fd = symbols.open(cString(LOCKS), O_CLOEXEC, 0);
  if (fd < 0) return "";
  try {
    return new TextDecoder().decode(
      readAt(libc, fd, 0, LOCKS_BYTES_MAX, LOCKS),
    );
  } finally {
    symbols.close(fd);
  }
}
