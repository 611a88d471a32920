// SPDX-License-Identifier: MIT
/**
 * Waits between looks at shared memory, which does not report its changes.
 *
 * @module
 */

const SHORTEST_MS = 1;
/**
 * The longest sleep between two looks, in milliseconds: that of a reader which
 * had nothing to read for a while. A wake-up costs as much as a round of
 * reading, so half of this time would double the CPU time of an idle reader.
 */
export const LONGEST_MS = 200;

/**
 * Decides when to look at something again: at once while there is more, then
 * after 1 ms, and after twice as long each time nothing has happened. Looks at
 * equal intervals are due at the same moments, so that many of them cost no
 * more wake-ups than one.
 */
export class Pace {
  #ms = SHORTEST_MS;
  #dueMs = -Infinity;

  /** When the next look is due, in milliseconds of `performance.now()`. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** Makes the next look due at once, because there is more. */
  hurry(): void {
    this.#ms = SHORTEST_MS;
    this.#dueMs = -Infinity;
  }

  /** Makes the next look due within `ms`; a doorbell may make it earlier. */
  sleep(ms: number): void {
    this.#ms = SHORTEST_MS;
    this.#dueMs = (Math.floor(performance.now() / ms) + 1) * ms;
  }

  /**
   * Puts the next look off, because there was no more.
   *
   * @param busy Whether there was anything at all.
   * @param longestMs The longest time between two looks.
   */
  rest(busy: boolean, longestMs: number = LONGEST_MS): void {
    if (busy) this.#ms = SHORTEST_MS;
    const ms = this.#ms;
    this.#dueMs = (Math.floor(performance.now() / ms) + 1) * ms;
    this.#ms = Math.min(ms * 2, longestMs);
  }
}

/** Lets the handlers of signals and timers run, without sleeping. */
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
