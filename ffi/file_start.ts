// SPDX-License-Identifier: MIT
/**
 * How a file begins.
 *
 * @module
 */
import { cString, type Libc } from "./libc.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY } from "./open_flags.ts";
import { readAt } from "./read_at.ts";
import { statFd, statTarget } from "./stat.ts";

/**
 * Reads how a file begins. Links are followed. What is no regular file is not
 * opened, because opening a device may have an effect.
 *
 * @param bytes As many, or as many as it has.
 * @returns Null where there is no such file, or this user may not read it.
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
  if (fd < 0) return null; // whoever opens it to write says why
  try {
    if (statFd(libc, fd, path).kind !== "file") return null;
    return readAt(libc, fd, 0, bytes, path);
  } finally {
    symbols.close(fd);
  }
}
