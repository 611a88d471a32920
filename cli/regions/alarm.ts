// SPDX-License-Identifier: MIT
/**
 * Makes a guest ring the doorbell when it has written, so that its reader need
 * not look again and again.
 *
 * @module
 */
import type { HostPage } from "../../ring/host_page.ts";

/** The doorbell that a guest can ring. */
export interface Bell {
  /** Whether a guest is connected to it. */
  readonly connected: boolean;
  /** The value that the guest writes into its doorbell register. */
  readonly doorbell: number;
}

/** When the guest is to ring. */
export interface AlarmRules {
  /** Bytes that one ring has to receive first; 0 for at once. */
  readonly thresholdBytes: number;
  /**
   * The longest sleep, which bounds the delay if the doorbell does not ring.
   */
  readonly maxDelayMs: number;
}

/**
 * How often in a row records may be found for which the guest should have rung,
 * but did not, until its doorbell is no longer trusted.
 */
const MISSED_MAX = 2;
/** How long the doorbell is ignored at most; the region is polled meanwhile. */
const DEAF_MS = 100;

/**
 * Arms the doorbell of one region. It is armed when everything has been read,
 * and again only after it has rung, so that the guest rings no more often than
 * its reader wakes up.
 */
export class Alarm {
  readonly rules: AlarmRules;
  readonly #bell: Bell;
  readonly #nowMs: () => number;
  /** Begins at random, to differ from a value that the guest has answered. */
  #value = crypto.getRandomValues(new Uint32Array(1))[0];
  #armed = false;
  #checked = false;
  #hasRung = false;
  #woke = false;
  /** Until when the doorbell is ignored, because it has rung for nothing. */
  #deafUntilMs = -Infinity;
  #deafMs = 0;
  /** Whether the doorbell has rung, and has not failed to ring since. */
  #trusted = false;
  #missed = 0;
  #wakeups = 0;

  /** Arms nothing yet. @param nowMs Returns the time; tests replace it. */
  constructor(
    bell: Bell,
    rules: AlarmRules,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#bell = bell;
    this.rules = rules;
    this.#nowMs = nowMs;
  }

  /** How often the doorbell has rung. */
  get wakeups(): number {
    return this.#wakeups;
  }

  /** Whether a guest is connected that could ring. */
  get connected(): boolean {
    return this.#bell.connected;
  }

  /** Whether the doorbell is listened to now, and not ignored. */
  get listens(): boolean {
    return this.#nowMs() >= this.#deafUntilMs;
  }

  /** Whether the doorbell has rung since the last look. */
  get hasRung(): boolean {
    return this.#hasRung;
  }

  /** Notes a ring, even if none was asked for: a look in vain costs little. */
  ring(): void {
    this.#wakeups++;
    this.#hasRung = true;
    this.#trusted = true;
    this.#missed = 0;
    this.#armed = false;
  }

  /**
   * Decides, after each look, when to look again, and arms the doorbell.
   *
   * @param busy Whether anything was there, or is held back.
   * @param page The page to arm it in; null if it cannot be armed now.
   * @returns "again" to look again at once; "sleep" until it rings, or for the
   * longest time; "poll" to look again soon, as if there was no doorbell.
   */
  looked(busy: boolean, page: HostPage | null): "again" | "sleep" | "poll" {
    this.#woke = this.#hasRung;
    this.#hasRung = false;
    if (this.#woke) this.#heard(busy);
    if (page === null) {
      this.#armed = this.#trusted = false;
      return "poll";
    }
    if (busy) return this.#busy();
    if (!this.listens) return "poll";
    if (!this.#armed) {
      this.#value = this.#value % 0xffffffff + 1; // never 0
      this.#armed = true;
      this.#checked = false;
      this.#arm(page);
      return "again"; // the guest may have written before it was armed
    }
    this.#checked = true;
    this.#arm(page); // the guest, or a migration, may have cleared it
    return this.#trusted ? "sleep" : "poll";
  }

  /** Ignores the doorbell for a while if it rang for nothing. */
  #heard(busy: boolean): void {
    this.#deafMs = busy ? 0 : Math.min(Math.max(1, this.#deafMs * 2), DEAF_MS);
    this.#deafUntilMs = this.#nowMs() + this.#deafMs;
  }

  #busy(): "again" | "poll" {
    const { thresholdBytes } = this.rules;
    // With a threshold, the guest need not ring for a few records.
    if (this.#armed && this.#checked && thresholdBytes === 0) {
      if (++this.#missed >= MISSED_MAX) this.#trusted = false;
    }
    this.#armed = false;
    // What was just read is delivered only after another look at all rings.
    return this.#woke ? "again" : "poll";
  }

  #arm(page: HostPage): void {
    const { thresholdBytes } = this.rules;
    const { doorbell } = this.#bell;
    page.arm({ armed: this.#value, doorbell, thresholdBytes });
  }
}
