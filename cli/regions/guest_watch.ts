// SPDX-License-Identifier: MIT
/**
 * Whether a guest is still there, by its heart.
 *
 * @module
 */
import type { Guest, Pulse } from "./region_work.ts";

/** A removed object is left once its guest's heart has not beaten so long. */
const STILL_MS = 5000;

/** Watches the guest of one object. */
export class GuestWatch {
  #guest: Guest | null = null;
  /** When the object still had its name, in ms since 1970. */
  #removedMs = 0;

  /** What was last seen of it; null if that is nothing. */
  get guest(): Guest | null {
    return this.#guest;
  }

  /**
   * Looks at it.
   *
   * @param pulse What it says now. @param removed Whether its object has no name.
   */
  look(pulse: Pulse, removed: boolean): void {
    const nowMs = Date.now();
    const beats = pulse.heartbeat !== this.#guest?.heartbeat;
    const beatUtcMs = beats ? nowMs : this.#guest!.beatUtcMs;
    this.#guest = { ...pulse, beatUtcMs };
    if (!removed) this.#removedMs = nowMs;
  }

  /** Whether name and guest are both gone, and have been for a while. */
  get isGone(): boolean {
    const seenMs = Math.max(this.#guest?.beatUtcMs ?? 0, this.#removedMs);
    return Date.now() - seenMs > STILL_MS;
  }

  /** Forgets it: another one may come. */
  forget(): void {
    this.#guest = null;
  }
}
