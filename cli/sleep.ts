// SPDX-License-Identifier: MIT
/**
 * Waiting between looks at memory that tells nobody when it changes.
 *
 * @module
 */

const SHORTEST_MS = 1;
/**
 * How long a reader sleeps, in milliseconds, that had nothing to read for a while.
 * A wake-up costs as much as a round, so that twice as many wake-ups cost twice
 * the CPU time of an idle reader.
 */
export const LONGEST_MS = 200;

/**
 * When to look at something again: at once while there is more, then after
 * 1 ms, and later each time nothing happens. What waits equally long is due at
 * the same moments, so that many cost no more wake-ups than one.
 */
export class Pace {
  #ms = SHORTEST_MS;
  #dueMs = -Infinity;

  /** The next look, in milliseconds of `performance.now()`. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** There is more: look again at once. */
  hurry(): void {
    this.#ms = SHORTEST_MS;
    this.#dueMs = -Infinity;
  }

  /** Nothing is expected for so long: it is told, or it is too late anyway. */
  sleep(ms: number): void {
    this.#ms = SHORTEST_MS;
    this.#dueMs = (Math.floor(performance.now() / ms) + 1) * ms;
  }

  /**
   * That was all.
   *
   * @param busy Whether there was anything at all.
   * @param longestMs Between two looks.
   */
  rest(busy: boolean, longestMs: number = LONGEST_MS): void {
    if (busy) this.#ms = SHORTEST_MS;
    const ms = this.#ms;
    this.#dueMs = (Math.floor(performance.now() / ms) + 1) * ms;
    this.#ms = Math.min(ms * 2, longestMs);
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
