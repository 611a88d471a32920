// SPDX-License-Identifier: MIT
/**
 * Writes to a standard stream without blocking, so that this process's signals
 * and timers go on even if nothing reads the stream for a while.
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import { O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_WRONLY } from "./open_flags.ts";
import { POLL, poll, pollInThread } from "./poll.ts";
import { statFd } from "./stat.ts";

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** A pipe that polls writable takes this much at once; pipe(7). */
const PIPE_BUF_BYTES = 4096;
/** The most bytes of one synchronous call; larger calls are no faster. */
const CHUNK_BYTES_MAX = 1 << 20;
/** How long a stalled writer waits until it checks whether to give up. */
const STALL_POLL_MS = 100;

/**
 * How a descriptor is written to without blocking:
 * - "direct": a file, which takes everything;
 * - "nonblocking": by an open file description of this process's own, because
 *   O_NONBLOCK on the given pipe or terminal would change it for every process
 *   that shares it;
 * - "probed": polled first, and then written to in small pieces, because no
 *   description of its own can be opened (another user's terminal, no /proc);
 * - "socket": by a flag of each call.
 */
type Manner = "direct" | "nonblocking" | "probed" | "socket";

/** Writes to a file descriptor, which the caller closes. */
export class Output implements Disposable {
  readonly #libc: Libc;
  readonly #name: string;
  readonly #fd: number;
  readonly #manner: Manner;
  readonly #owned: boolean;
  #ended = false;
  #closed = false;

  /**
   * @param fd Open for writing.
   * @param name What it is, for errors.
   * @throws {SyscallError} such as EBADF.
   */
  constructor(libc: Libc, fd: number, name: string) {
    this.#libc = libc;
    this.#name = name;
    const { kind } = statFd(libc, fd, name);
    const own = kind === "pipe" || kind === "character device"
      ? reopen(libc, fd)
      : -1;
    this.#owned = own >= 0;
    this.#fd = this.#owned ? own : fd;
    if (this.#owned) this.#manner = "nonblocking";
    else if (kind === "socket") this.#manner = "socket";
    else if (kind === "file") this.#manner = "direct";
    else this.#manner = "probed";
  }

  /** Whether it is a file, on whose disk room may become free. */
  get isFile(): boolean {
    return this.#manner === "direct";
  }

  /**
   * Whether nobody reads any more, as far as that can be seen without writing.
   * A pipe shows it; a file never ends.
   */
  get ended(): boolean {
    if (!this.#ended && this.#manner !== "direct") {
      this.#ended = (poll(this.#libc, this.#fd, 0, 0) & POLL.ERR) !== 0;
    }
    return this.#ended;
  }

  /**
   * Writes what can be written now.
   *
   * @param bytes May be changed again as soon as this returns.
   * @returns Bytes written; 0 if its reader does not read at present; -1 if
   * `ended` and nothing was written.
   * @throws {SyscallError} such as ENOSPC, EIO, but only if nothing was
   * written: otherwise the next call meets the same error.
   */
  writeNow(bytes: Uint8Array<ArrayBuffer>): number {
    let done = 0;
    while (done < bytes.length && !this.#ended) {
      const count = this.#writeChunk(bytes.subarray(done), done === 0);
      if (count <= 0) break;
      done += count;
    }
    return this.#ended && done === 0 ? -1 : done;
  }

  /**
   * Waits until the reader takes more, but no longer than a tenth of a second,
   * because it cannot be cancelled. Timers and signals go on meanwhile.
   */
  async ready(): Promise<void> {
    await pollInThread(this.#libc, this.#fd, POLL.OUT, STALL_POLL_MS);
  }

  /** Closes what this object has opened. Idempotent. */
  close(): void {
    if (this.#owned && !this.#closed) this.#libc.symbols.close(this.#fd);
    this.#closed = this.#ended = true;
  }

  /** Calls {@linkcode Output.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * @param strict Whether to throw an error; otherwise the result is 0.
   * @returns Bytes written; 0 if it would block, or if nobody reads.
   */
  #writeChunk(bytes: Uint8Array<ArrayBuffer>, strict: boolean): number {
    const { symbols } = this.#libc;
    let length = Math.min(bytes.length, CHUNK_BYTES_MAX);
    if (this.#manner === "probed") {
      if (poll(this.#libc, this.#fd, POLL.OUT, 0) === 0) return 0;
      length = Math.min(length, PIPE_BUF_BYTES);
    }
    const count = this.#manner === "socket"
      ? symbols.send(this.#fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL)
      : symbols.write(this.#fd, bytes, length);
    if (count >= 0) return count;
    const errno = this.#libc.errno();
    if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) return 0;
    if (errno === ERRNO.EPIPE || errno === ERRNO.ECONNRESET) {
      this.#ended = true;
      return 0;
    }
    if (!strict) return 0;
    throw new SyscallError("write", errno, this.#name);
  }
}

/** Opens it again, without blocking. @returns -1 if that is not possible. */
function reopen(libc: Libc, fd: number): number {
  const flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  return libc.symbols.open(cString(`/proc/self/fd/${fd}`), flags, 0);
}
