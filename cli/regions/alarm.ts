// SPDX-License-Identifier: MIT
/**
 * Having a guest ring when it has written, instead of looking again and again.
 *
 * @module
 */
import type { HostPage } from "../../ring/host_page.ts";

/** Who can ring, and how it is told. */
export interface Bell {
  /** Whether anybody is there who could. */
  readonly connected: boolean;
  /** The value that the guest writes into its doorbell register. */
  readonly doorbell: number;
}

/** When it shall ring. */
export interface AlarmRules {
  /** Bytes that a ring of the guest has to take first; 0 for at once. */
  readonly thresholdBytes: number;
  /** The longest sleep, which bounds how late a missed ring is noticed. */
  readonly maxDelayMs: number;
}

/** So many sleeps in turn that should have been cut short, and it is doubted. */
const MISSED_MAX = 2;
/** How long a region is left alone at most, which is what polling does. */
const DEAF_MS = 100;

/**
 * The alarm of one region. It is armed when all was read, and once for each
 * time that it has rung: so the guest rings no oftener than its reader wakes.
 */
export class Alarm {
  readonly rules: AlarmRules;
  readonly #bell: Bell;
  readonly #nowMs: () => number;
  /** Random: it differs from what the guest has answered already. */
  #value = crypto.getRandomValues(new Uint32Array(1))[0];
  #armed = false;
  #checked = false;
  #hasRung = false;
  #woke = false;
  /** Not heard before that: a guest that rings for nothing must not keep us. */
  #deafUntilMs = -Infinity;
  #deafMs = 0;
  /** Whether it has rung, and has not failed to since. */
  #trusted = false;
  #missed = 0;
  #wakeups = 0;

  /** Not armed yet. @param nowMs The time, for tests. */
  constructor(
    bell: Bell,
    rules: AlarmRules,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#bell = bell;
    this.rules = rules;
    this.#nowMs = nowMs;
  }

  /** How often it has rung. */
  get wakeups(): number {
    return this.#wakeups;
  }

  /** Whether anybody is there who could ring. */
  get connected(): boolean {
    return this.#bell.connected;
  }

  /** Whether it shall be heard now. */
  get listens(): boolean {
    return this.#nowMs() >= this.#deafUntilMs;
  }

  /** Whether it has rung, and nobody has looked since. */
  get hasRung(): boolean {
    return this.#hasRung;
  }

  /** It rings. Even if it was not armed: what costs a look is no matter. */
  ring(): void {
    this.#wakeups++;
    this.#hasRung = true;
    this.#trusted = true;
    this.#missed = 0;
    this.#armed = false;
  }

  /**
   * To be told of each look.
   *
   * @param busy Whether anything was there, or is held back.
   * @param page To arm it with; null where that cannot be done now.
   * @returns "again" to look again at once; "sleep" until it rings, or for the
   * longest time; "poll" to look again soon, as if there was no alarm.
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
      return "again"; // what was written meanwhile may have rung nobody
    }
    this.#checked = true;
    this.#arm(page); // the guest, or a migration, may have lost it
    return this.#trusted ? "sleep" : "poll";
  }

  /** @param busy Whether it rang for something. */
  #heard(busy: boolean): void {
    this.#deafMs = busy ? 0 : Math.min(Math.max(1, this.#deafMs * 2), DEAF_MS);
    this.#deafUntilMs = this.#nowMs() + this.#deafMs;
  }

  #busy(): "again" | "poll" {
    const { thresholdBytes } = this.rules;
    // Below a threshold silence is no failure.
    if (this.#armed && this.#checked && thresholdBytes === 0) {
      if (++this.#missed >= MISSED_MAX) this.#trusted = false;
    }
    this.#armed = false;
    // What was just read is delivered once all rings were looked at again.
    return this.#woke ? "again" : "poll";
  }

  #arm(page: HostPage): void {
    const { thresholdBytes } = this.rules;
    const { doorbell } = this.#bell;
    page.arm({ armed: this.#value, doorbell, thresholdBytes });
  }
}
