// SPDX-License-Identifier: MIT
/**
 * Ways to sleep until there may be something to do.
 *
 * @module
 */
import { EventFd } from "../../ffi/eventfd.ts";
import type { Libc } from "../../ffi/libc.ts";
import { pollAnyInThread } from "../../ffi/poll.ts";
import { sleepMs, yieldToSignals } from "../sleep.ts";

/** Sleeps between looks, and lets signals and timers have a turn meanwhile. */
export interface Waiter {
  /**
   * Sleeps until a time is over, or until there may be something to do.
   *
   * @param ms How long at most; 0 only lets signals and timers have a turn.
   */
  wait(ms: number): Promise<void>;
}

/** Sleeps by a timer. */
export class TimerWaiter implements Waiter {
  readonly #stop: AbortSignal;

  /** @param stop Cuts sleeps short. */
  constructor(stop: AbortSignal) {
    this.#stop = stop;
  }

  /** Implements `Waiter.wait`. */
  wait(ms: number): Promise<void> {
    return ms > 0 ? sleepMs(ms, this.#stop) : yieldToSignals();
  }
}

/** Something that has to act when a descriptor is ready. */
export interface Watched {
  /** Descriptors that are polled for reading. */
  readonly fds: readonly number[];
  /** Does what there is to do after one is ready, without waiting. */
  step(): void;
}

/** Sleeps until a descriptor is ready. */
export class FdWaiter implements Waiter, Disposable {
  readonly #libc: Libc;
  readonly #watched: Watched;
  readonly #stop: AbortSignal;
  /** Wakes up poll, which cannot be cancelled, by a write. */
  readonly #wake: EventFd;
  readonly #onStop = () => this.#wake.signal();

  /**
   * @param watched Stepped when a descriptor is ready; the caller closes it.
   * @param stop Cuts sleeps short.
   */
  constructor(libc: Libc, watched: Watched, stop: AbortSignal) {
    this.#libc = libc;
    this.#watched = watched;
    this.#stop = stop;
    this.#wake = new EventFd(libc);
    stop.addEventListener("abort", this.#onStop);
  }

  /** Implements `Waiter.wait`. @throws what `Watched.step` throws. */
  async wait(ms: number): Promise<void> {
    const fds = [this.#wake.fd, ...this.#watched.fds];
    const timeoutMs = this.#stop.aborted ? 0 : ms;
    const ready = await pollAnyInThread(this.#libc, fds, timeoutMs);
    if (ready.includes(this.#wake.fd)) this.#wake.take();
    if (ready.length > 0) this.#watched.step();
  }

  /** Closes its own descriptor. */
  [Symbol.dispose](): void {
    this.#stop.removeEventListener("abort", this.#onStop);
    this.#wake.close();
  }
}
