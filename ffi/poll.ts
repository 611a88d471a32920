// SPDX-License-Identifier: MIT
/**
 * Waiting for a file descriptor. Source: poll(2).
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import type { Libc } from "./libc.ts";

/** Event bits of `struct pollfd`. */
export const POLL = {
  IN: 0x001,
  OUT: 0x004,
  ERR: 0x008,
  HUP: 0x010,
  NVAL: 0x020,
} as const;

/** struct pollfd: int fd; short events; short revents. */
function pollfd(fd: number, events: number): Int16Array<ArrayBuffer> {
  const entry = new Int16Array(4);
  new Int32Array(entry.buffer)[0] = fd;
  entry[2] = events;
  return entry;
}

/**
 * Looks at a descriptor, or waits and blocks this thread: timers and signals
 * stand still meanwhile, so keep the time short.
 *
 * @param events Bits of {@linkcode POLL} to wait for.
 * @param timeoutMs 0: only look.
 * @returns The bits that are set; 0 after the timeout or a signal.
 * @throws {SyscallError}
 */
export function poll(
  libc: Libc,
  fd: number,
  events: number,
  timeoutMs: number,
): number {
  const entry = pollfd(fd, events);
  if (libc.symbols.poll(entry, 1n, timeoutMs) >= 0) return entry[3];
  const errno = libc.errno();
  if (errno === ERRNO.EINTR) return 0;
  throw new SyscallError("poll", errno, `file descriptor ${fd}`);
}

/**
 * As {@linkcode poll}, on another thread: timers and signals go on. It cannot
 * be cancelled, and it keeps the process alive until the timeout.
 *
 * @returns The bits that are set; 0 after the timeout or if the call failed
 * (why cannot be told from here): a `poll` or the real call tells.
 */
export async function pollInThread(
  libc: Libc,
  fd: number,
  events: number,
  timeoutMs: number,
): Promise<number> {
  const entry = pollfd(fd, events);
  const ready = await libc.symbols.pollInThread(entry, 1n, timeoutMs);
  // Named behind the await, `entry` cannot be collected while C writes to it.
  return ready > 0 ? entry[3] : 0;
}
