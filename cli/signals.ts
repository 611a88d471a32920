// SPDX-License-Identifier: MIT
/**
 * Being asked to stop, or to open a file anew.
 *
 * @module
 */

const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"];

/** Turns the first SIGINT or SIGTERM into an abort; a second one kills. */
export class StopSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #listener = () => {
    this.#ignore();
    this.#controller.abort();
  };

  /** Starts listening. */
  constructor() {
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

/** Notes SIGHUP, which asks for a file to be opened anew. */
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
