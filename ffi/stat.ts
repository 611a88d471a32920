// SPDX-License-Identifier: MIT
/**
 * Looks at open file descriptors and paths. It uses statx(2), whose struct is
 * the same on every machine, which `struct stat` is not.
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";

/** Kind of a file. */
export type FileKind =
  | "file"
  | "directory"
  | "pipe"
  | "socket"
  | "character device"
  | "block device"
  | "symbolic link"
  | "other";

/** What {@linkcode statFd} and {@linkcode statPath} found. */
export interface FileStat {
  readonly kind: FileKind;
  /** The size. */
  readonly bytes: number;
  /** How many names it has; 0 once it was removed. */
  readonly links: number;
  /** User id of its owner. */
  readonly uid: number;
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  /** Device and inode, by which a file is known only while it is open. */
  readonly identity: string;
  /**
   * When the file was made, in ns since 1970; null if the file system does not
   * record that. It distinguishes a file from an earlier one with the same
   * inode.
   */
  readonly bornNs: bigint | null;
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_BTIME = 0x800;
const NS_PER_S = 1_000_000_000n;
/** struct statx, linux/stat.h. */
const STATX = {
  size: 256,
  mask: 0,
  links: 16,
  uid: 20,
  mode: 28,
  inode: 32,
  bytes: 40,
  bornSeconds: 80,
  bornNs: 88,
  deviceMajor: 136,
  deviceMinor: 140,
} as const;

const KINDS: Readonly<Record<number, FileKind>> = {
  0o01: "pipe",
  0o02: "character device",
  0o04: "directory",
  0o06: "block device",
  0o10: "file",
  0o12: "symbolic link",
  0o14: "socket",
};

/**
 * Looks at an open file descriptor.
 *
 * @param subject What it is, for the error.
 * @throws {SyscallError}
 */
export function statFd(libc: Libc, fd: number, subject: string): FileStat {
  const buffer = new Uint8Array(STATX.size);
  const result = statx(libc, fd, "", AT_EMPTY_PATH, buffer);
  libc.check("statx", subject, result);
  return decode(buffer);
}

/**
 * Looks at what a path names, which may be a symbolic link.
 *
 * @returns Null if there is nothing.
 * @throws {SyscallError} such as EACCES.
 */
export function statPath(libc: Libc, path: string): FileStat | null {
  return statNamed(libc, path, AT_SYMLINK_NOFOLLOW);
}

/**
 * Looks at the file that a path leads to through symbolic links. The runtime's
 * own function is not used, because it resolves ".." in the text of the path,
 * and the kernel does not.
 *
 * @returns Null if there is nothing.
 * @throws {SyscallError} such as EACCES, ELOOP.
 */
export function statTarget(libc: Libc, path: string): FileStat | null {
  return statNamed(libc, path, 0);
}

/**
 * Looks at what has a name in an open folder, which may be a symbolic link.
 *
 * @param subject What it is, for the error.
 * @returns Null if there is nothing.
 * @throws {SyscallError} such as EACCES.
 */
export function statIn(
  libc: Libc,
  folder: number,
  name: string,
  subject: string,
): FileStat | null {
  return statNamed(libc, name, AT_SYMLINK_NOFOLLOW, { folder, subject });
}

/**
 * Tells whether two looks have found the same file: their device and inode
 * agree, and the time when it was made, if the file system records that.
 */
export function isSameFile(
  one: Pick<FileStat, "identity" | "bornNs"> | null,
  other: Pick<FileStat, "identity" | "bornNs">,
): boolean {
  return one?.identity === other.identity && one.bornNs === other.bornNs;
}

function statNamed(
  libc: Libc,
  path: string,
  flags: number,
  { folder, subject } = { folder: AT_FDCWD, subject: path },
): FileStat | null {
  const buffer = new Uint8Array(STATX.size);
  if (statx(libc, folder, path, flags, buffer) === 0) return decode(buffer);
  const errno = libc.errno();
  if (errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR) return null;
  throw new SyscallError("statx", errno, subject);
}

function statx(
  libc: Libc,
  fd: number,
  path: string,
  flags: number,
  buffer: Uint8Array<ArrayBuffer>,
): number {
  const { symbols } = libc;
  const mask = STATX_BASIC_STATS | STATX_BTIME;
  return symbols.statx(fd, cString(path), flags, mask, buffer);
}

function decode(buffer: Uint8Array<ArrayBuffer>): FileStat {
  const view = new DataView(buffer.buffer);
  const mode = view.getUint16(STATX.mode, true);
  return {
    kind: KINDS[mode >>> 12] ?? "other",
    bytes: Number(view.getBigUint64(STATX.bytes, true)),
    links: view.getUint32(STATX.links, true),
    uid: view.getUint32(STATX.uid, true),
    mode: mode & 0o7777,
    identity: [
      view.getUint32(STATX.deviceMajor, true),
      view.getUint32(STATX.deviceMinor, true),
      view.getBigUint64(STATX.inode, true),
    ].join(":"),
    bornNs: bornNs(view),
  };
}

function bornNs(view: DataView): bigint | null {
  if ((view.getUint32(STATX.mask, true) & STATX_BTIME) === 0) return null;
  const seconds = view.getBigInt64(STATX.bornSeconds, true);
  return seconds * NS_PER_S + BigInt(view.getUint32(STATX.bornNs, true));
}
