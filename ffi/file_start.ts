// SPDX-License-Identifier: MIT
/**
 * Reads the first bytes of files.
 *
 * @module
 */
import { cString, type Libc } from "./libc.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY } from "./open_flags.ts";
import { readAt } from "./read_at.ts";
import { statFd, statTarget } from "./stat.ts";

/**
 * Reads the first bytes of a file. Links are followed. Anything but a regular
 * file is not opened, because opening a device may have an effect.
 *
 * @param bytes How many to read; fewer are returned if the file has fewer.
 * @returns Null if there is no such file, or this user may not read it.
 * @throws {SyscallError} such as EIO.
 */
export function readFileStart(
  libc: Libc,
  path: string,
  bytes: number,
): Uint8Array<ArrayBuffer> | null {
  if (statTarget(libc, path)?.kind !== "file") return null;
  const { symbols } = libc;
  const flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
  const fd = symbols.open(cString(path), flags, 0);
  if (fd < 0) return null; // the code that opens it for writing reports why
  try {
    if (statFd(libc, fd, path).kind !== "file") return null;
    return readAt(libc, fd, 0, bytes, path);
  } finally {
    symbols.close(fd);
  }
}
