// SPDX-License-Identifier: MIT
/**
 * Reads from an open file without moving its position. Source: pread(2).
 *
 * @module
 */
import type { Libc } from "./libc.ts";

/** The most bytes that one call asks for. */
const CHUNK_BYTES_MAX = 1 << 20;

/**
 * Reads a part of a file.
 *
 * @param offset Where it begins.
 * @param most Bytes wanted.
 * @param subject What it is, for the error.
 * @returns The bytes; fewer than wanted if the file ends before that.
 * @throws {SyscallError} such as EBADF if it is not open for reading.
 */
export function readAt(
  libc: Libc,
  fd: number,
  offset: number,
  most: number,
  subject: string,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(most);
  let done = 0;
  while (done < most) {
    const rest = bytes.subarray(done);
    const length = Math.min(rest.length, CHUNK_BYTES_MAX);
    const at = BigInt(offset + done);
    const count = libc.symbols.pread(fd, rest, length, at);
    if (libc.check("pread", subject, count) === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
