// SPDX-License-Identifier: MIT
/**
 * Waits for file descriptors. Source: poll(2).
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

/** The largest int. */
const TIMEOUT_MS_MAX = 0x7fffffff;
/** struct pollfd: int fd; short events; short revents. */
const SHORTS = 4;

function pollfds(
  fds: readonly number[],
  events: number,
): Int16Array<ArrayBuffer> {
  const entries = new Int16Array(fds.length * SHORTS);
  const numbers = new Int32Array(entries.buffer);
  for (const [i, fd] of fds.entries()) {
    numbers[i * (SHORTS / 2)] = fd;
    entries[i * SHORTS + 2] = events;
  }
  return entries;
}

/**
 * Looks at a descriptor, or waits for it and blocks this thread. Timers and
 * signals stand still meanwhile, so the time should be short.
 *
 * @param events Bits of {@linkcode POLL} to wait for.
 * @param timeoutMs How long to wait; 0 to look only.
 * @returns The bits that are set; 0 after the timeout or a signal.
 * @throws {SyscallError}
 */
export function poll(
  libc: Libc,
  fd: number,
  events: number,
  timeoutMs: number,
): number {
  const entry = pollfds([fd], events);
  if (libc.symbols.poll(entry, 1n, timeoutMs) >= 0) return entry[3];
  const errno = libc.errno();
  if (errno === ERRNO.EINTR) return 0;
  throw new SyscallError("poll", errno, `file descriptor ${fd}`);
}

/**
 * Polls like {@linkcode poll}, but on another thread, so that timers and
 * signals go on. It cannot be cancelled, and it keeps the process alive until
 * the timeout.
 *
 * @returns The bits that are set; 0 after the timeout, or if the call failed.
 * Its error is not known here: a later `poll`, or a read or write, meets it
 * too.
 */
export async function pollInThread(
  libc: Libc,
  fd: number,
  events: number,
  timeoutMs: number,
): Promise<number> {
  const entry = pollfds([fd], events);
  const ready = await libc.symbols.pollInThread(entry, 1n, timeoutMs);
  // Used after the await, so that `entry` is not collected while C writes to
  // it.
  return ready > 0 ? entry[3] : 0;
}

/**
 * Waits on another thread until one of many descriptors can be read, or has
 * been closed by its other end. Like {@linkcode pollInThread} it cannot be
 * cancelled, so one of them should be one that this process can signal.
 *
 * @param fds They may be closed meanwhile, if nothing else gets their numbers.
 * @param timeoutMs Rounded up, so that it does not return too early.
 * @returns Those that are ready; none after the timeout.
 */
export async function pollAnyInThread(
  libc: Libc,
  fds: readonly number[],
  timeoutMs: number,
): Promise<number[]> {
  const entries = pollfds(fds, POLL.IN);
  const ms = Math.min(Math.ceil(Math.max(0, timeoutMs)), TIMEOUT_MS_MAX);
  const { pollInThread } = libc.symbols;
  const ready = await pollInThread(entries, BigInt(fds.length), ms);
  // Used after the await, as above.
  return ready > 0 ? fds.filter((_, i) => entries[i * SHORTS + 3] !== 0) : [];
}
