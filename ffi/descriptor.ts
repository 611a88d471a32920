// SPDX-License-Identifier: MIT
/**
 * A file descriptor with an owner.
 *
 * @module
 */
import type { Libc } from "./libc.ts";

/** An open descriptor, which is closed once. */
export class Descriptor implements Disposable {
  /** The descriptor, which others may poll, but not close. */
  readonly fd: number;
  readonly #libc: Libc;
  #closed = false;

  /** @param fd An open descriptor, which this object closes from then on. */
  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.fd = fd;
  }

  /** Closes it; a process that it was sent to keeps its own. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#libc.symbols.close(this.fd);
  }

  /** Calls {@linkcode Descriptor.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}
