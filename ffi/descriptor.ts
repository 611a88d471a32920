// SPDX-License-Identifier: MIT
/**
 * A file descriptor that belongs to somebody.
 *
 * @module
 */
import type { Libc } from "./libc.ts";

/** An open descriptor, closed once. */
export class Descriptor implements Disposable {
  /** The descriptor, to be polled; this object goes on owning it. */
  readonly fd: number;
  readonly #libc: Libc;
  #closed = false;

  /** @param fd Open; this one's from then on. */
  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.fd = fd;
  }

  /** Closes it here; who was handed it keeps theirs. Idempotent. */
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
