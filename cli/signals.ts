// SPDX-License-Identifier: MIT
/**
 * Signals that ask the reader to stop, or to open a file again, and the signal
 * that would end it at the limit on file sizes.
 *
 * @module
 */
import { ignoreFileSizeSignal } from "../ffi/file_size_limit.ts";
import type { Libc } from "../ffi/libc.ts";
import { checkSpareFiles } from "../ffi/spare_descriptors.ts";

/**
 * How many more files this process has to be able to open before it listens:
 * those that the runtime opens for that, and a few to spare. The runtime panics
 * if it cannot open them.
 */
const FILES = 4;

const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"];

/**
 * Turns the first SIGINT or SIGTERM into an abort; a second one ends the
 * process.
 */
export class StopSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #listener = () => {
    this.#ignore();
    this.#controller.abort();
  };

  /**
   * Starts listening.
   *
   * @throws {SyscallError} if this process may open too few files.
   */
  constructor(libc: Libc) {
    checkSpareFiles(libc, FILES);
    for (const name of SIGNALS) Deno.addSignalListener(name, this.#listener);
  }

  /** Aborted once a signal has come. */
  get stop(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops listening. Idempotent. */
  [Symbol.dispose](): void {
    this.#ignore();
  }

  #ignore(): void {
    for (const name of SIGNALS) Deno.removeSignalListener(name, this.#listener);
  }
}

/** Listens for SIGHUP, which asks for a file to be opened again. */
export class HangupSignal implements Disposable {
  #came = false;
  readonly #listener = () => {
    this.#came = true;
  };

  /** Starts listening: the signal no longer ends the process. */
  constructor() {
    Deno.addSignalListener("SIGHUP", this.#listener);
  }

  /** Tells whether the signal has come since the last call. */
  taken(): boolean {
    const came = this.#came;
    this.#came = false;
    return came;
  }

  /** Stops listening. Idempotent. */
  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGHUP", this.#listener);
  }
}

/**
 * Makes a write beyond the limit on file sizes (`ulimit -f`) fail, where it
 * would otherwise end the process. Has to be called before anything is written.
 * Without the permission to call C it does nothing, because the code that needs
 * C reports that.
 */
export function surviveFileSizeLimit(): void {
  // Checked first, because on a terminal Deno would prompt for the permission.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return;
  try {
    ignoreFileSizeSignal();
  } catch {
    // Without this library, a command can only print help or the version.
  }
}
