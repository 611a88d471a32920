// SPDX-License-Identifier: MIT
/**
 * Signals that ask the reader to stop, or to open a file again, and one that
 * would end it at a limit.
 *
 * @module
 */
import { ignoreFileSizeSignal } from "../ffi/file_size_limit.ts";
import type { Libc } from "../ffi/libc.ts";
import { checkSpareFiles } from "../ffi/spare_files.ts";

/**
 * Files that the runtime opens in order to listen, and a few more, because it
 * panics if it may not open them.
 */
const FILES = 4;

const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"];

/** Turns the first SIGINT or SIGTERM into an abort; a second one kills. */
export class StopSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #listener = () => {
    this.#ignore();
    this.#controller.abort();
  };

  /**
   * Starts listening.
   *
   * @throws {SyscallError} where this process may open too few files.
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

  /** Whether it came since the last call. */
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
 * Makes a file that may not become larger (`ulimit -f`) an error of whoever
 * writes it, from now on. To be called before anything is written. Where C may
 * not be called, nothing is done: whatever needs C reports that.
 */
export function surviveFileSizeLimit(): void {
  // Not by trying, because on a terminal Deno would ask for the permission.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return;
  try {
    ignoreFileSizeSignal();
  } catch {
    // Without this library no command does more than print a text.
  }
}
