// SPDX-License-Identifier: MIT
/**
 * Event counters that other processes, and virtual machines, add to.
 *
 * @module
 */
import { Descriptor } from "./descriptor.ts";
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import type { Libc } from "./libc.ts";

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const COUNTER_BYTES = 8;

/** A counter, zero at first. Source: eventfd(2). */
export class EventFd extends Descriptor {
  readonly #libc: Libc;
  readonly #counter = new BigUint64Array(1);
  readonly #bytes = new Uint8Array(this.#counter.buffer);

  /** @throws {SyscallError} such as EMFILE. */
  constructor(libc: Libc) {
    const fd = libc.symbols.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    super(libc, libc.check("eventfd", "event counter", fd));
    this.#libc = libc;
  }

  /**
   * Takes the count and sets it to zero. Never blocks.
   *
   * @returns How much was added since the last call; 0n if nothing was.
   * @throws {SyscallError}
   */
  take(): bigint {
    const { symbols } = this.#libc;
    const count = symbols.read(this.fd, this.#bytes, COUNTER_BYTES);
    if (count === COUNTER_BYTES) return this.#counter[0];
    const errno = this.#libc.errno();
    if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) return 0n;
    throw new SyscallError("read", errno, "event counter");
  }

  /**
   * Adds one, which wakes up a process that polls it.
   *
   * @throws {SyscallError}
   */
  signal(): void {
    this.#counter[0] = 1n;
    const count = this.#libc.symbols.write(this.fd, this.#bytes, COUNTER_BYTES);
    // EAGAIN: the counter is at its limit, so a poll of it does not sleep.
    if (count < 0 && this.#libc.errno() !== ERRNO.EAGAIN) {
      throw new SyscallError("write", this.#libc.errno(), "event counter");
    }
  }
}
