// SPDX-License-Identifier: MIT
/**
 * What an open file descriptor is. By statx(2), whose struct is the same on
 * every machine (`struct stat` is not).
 *
 * @module
 */
import { cString, type Libc } from "./libc.ts";

/** Kind of a file. */
export type FileKind =
  | "file"
  | "directory"
  | "pipe"
  | "socket"
  | "character device"
  | "other";

/** What {@linkcode statFd} found. */
export interface FdStat {
  readonly kind: FileKind;
  /** Bytes. */
  readonly bytes: number;
}

const AT_EMPTY_PATH = 0x1000;
const STATX_TYPE = 0x1;
const STATX_SIZE = 0x200;
/** struct statx, linux/stat.h. */
const STATX = { size: 256, mode: 28, bytes: 40 } as const;

const KINDS: Readonly<Record<number, FileKind>> = {
  0o01: "pipe",
  0o02: "character device",
  0o04: "directory",
  0o10: "file",
  0o14: "socket",
};

/**
 * Looks at an open file descriptor.
 *
 * @param subject What it is, for the error.
 * @throws {SyscallError}
 */
export function statFd(libc: Libc, fd: number, subject: string): FdStat {
  const buffer = new Uint8Array(STATX.size);
  libc.check(
    "statx",
    subject,
    libc.symbols.statx(
      fd,
      cString(""),
      AT_EMPTY_PATH,
      STATX_TYPE | STATX_SIZE,
      buffer,
    ),
  );
  const view = new DataView(buffer.buffer);
  return {
    kind: KINDS[view.getUint16(STATX.mode, true) >>> 12] ?? "other",
    bytes: Number(view.getBigUint64(STATX.bytes, true)),
  };
}
