// SPDX-License-Identifier: MIT
/**
 * Waiting between looks at memory that tells nobody when it changes.
 *
 * @module
 */

const SHORTEST_MS = 1;
const LONGEST_MS = 100;

/** Sleeps that grow while nothing happens: 1 ms, doubled up to 100 ms. */
export class IdleSleep {
  #ms = SHORTEST_MS;

  /** Something happened: the next sleep is the shortest. */
  reset(): void {
    this.#ms = SHORTEST_MS;
  }

  /**
   * Sleeps, and makes the next sleep longer.
   *
   * @param stop Ends the sleep when aborted.
   */
  async sleep(stop: AbortSignal): Promise<void> {
    const ms = this.#ms;
    this.#ms = Math.min(ms * 2, LONGEST_MS);
    await sleepMs(ms, stop);
  }
}

/** Lets signals and timers have a turn, when there is no time to sleep. */
export function yieldToSignals(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Resolves after `ms`, or as soon as `stop` is aborted. */
export function sleepMs(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener("abort", done);
  });
}
