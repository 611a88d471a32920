// SPDX-License-Identifier: MIT
/**
 * Watches a guest's state by what its driver says and by its heartbeat.
 *
 * @module
 */
import type { RegionInfo } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import type { LiveLine } from "../../ring/live.ts";
import type { GuestEvent, GuestReason } from "./guest_event.ts";
import { GONE, guestState, HUNG, saysRunning } from "../../ring/state_names.ts";
import type { Guest, Pulse } from "./region_work.ts";

/**
 * How long the heartbeat, which should come every second, may be missing until
 * the guest is said not to run. An object that has lost its name is left after
 * the same time.
 */
export const STILL_MS = 5000;
/**
 * The most that one look adds to that time. A reader that was itself kept
 * waiting, such as by its output, looks again before it reports that a guest
 * does not run.
 */
const LOOK_MS_MAX = STILL_MS / 2;
/** How long a driver that runs again may take to write its header. */
const HEADER_MS = 1000;

/** Reasons that a driver may give for not running. */
const DRIVER_REASONS: Readonly<Record<number, GuestReason>> = {
  [ABI.REASON_PANIC]: "panic",
  [ABI.REASON_RESTART]: "emergency restart",
  [ABI.REASON_SHUTDOWN]: "shutdown",
};

/** The region that is watched. */
export interface Watched {
  readonly info: RegionInfo;
  readonly pulse: Pulse;
  /** Copies the live line. */
  live(): LiveLine;
}

/** Watches the guest of one object. */
export class GuestWatch {
  #guest: Guest | null = null;
  #info: RegionInfo | null = null;
  /** How many sessions the reader had counted at the last look. */
  #sessions = 0;
  /** When the object was last seen to have its name, in ms since 1970. */
  #removedMs = 0;
  /** When the guest was last looked at, in ms of `performance.now()`. */
  #lookedMs = 0;
  #stillMs = 0;
  /** How long there was no heartbeat before the first look, in ms. */
  #knownStillMs = 0;
  /** Whether the heartbeat was seen to grow. */
  #beaten = false;
  /**
   * The state that was reported last, or is taken for granted; null if any
   * state has to be reported.
   */
  #told: string | null = "running";
  /** Whether a state was reported. */
  #hasTold = false;
  /** Whether it was reported that the object has lost its name. */
  #removalTold = false;
  /** The reason of a restart that is reported once the driver says more. */
  #restart: GuestReason | null = null;
  /** Since when the driver has said that it runs again, in ms; 0 if not. */
  #runsSinceMs = 0;

  /** What was last seen of the guest; null if nothing was. */
  get guest(): Guest | null {
    return this.#guest;
  }

  /**
   * Takes over how long there was no heartbeat before the first look, in ms.
   */
  known(stillMs: number): void {
    this.#knownStillMs = stillMs;
  }

  /**
   * Makes the next state reported even if the guest runs: it has just appeared.
   */
  expect(): void {
    this.#told = null;
  }

  /**
   * Looks at the guest.
   *
   * @param removed Whether its object has no name.
   * @param sessions How many sessions the reader has counted. The reader
   * decides what a new session is, because that need not have another id.
   * @returns The change to report; null if there is none.
   */
  look(
    watched: Watched,
    removed: boolean,
    sessions: number,
  ): GuestEvent | null {
    const { pulse, info } = watched;
    const first = this.#guest === null;
    const utcMs = Date.now();
    const wasStillMs = this.#stillMs;
    const beats = this.#listen(pulse);
    const beatUtcMs = beats ? utcMs : this.#guest!.beatUtcMs;
    const still = this.#stillMs > STILL_MS ||
      (this.#knownStillMs > 0 && !this.#beaten);
    const condition = guestState(pulse, still);
    this.#guest = { ...pulse, beatUtcMs, condition };
    if (!removed) {
      this.#removedMs = utcMs;
      this.#removalTold = false;
    }
    this.#lookForRestart(info, sessions);
    const reason = this.#reason(condition, pulse, first);
    if (reason === null) return null;
    const stillMs = this.#stillMs || wasStillMs;
    const panicText = condition === "panicked" ? watched.live().panicText : "";
    return this.#tell({ state: condition, reason, stillMs, panicText });
  }

  /** Whether name and guest are both gone, and have been for a while. */
  get isGone(): boolean {
    const seenMs = Math.max(this.#guest?.beatUtcMs ?? 0, this.#removedMs);
    return Date.now() - seenMs > STILL_MS;
  }

  /**
   * Notes that the object has lost its name while the guest goes on, so that
   * the guest's state has not changed.
   *
   * @returns The change to report; null if it was reported already.
   */
  removed(): GuestEvent | null {
    const guest = this.#guest;
    if (this.#removalTold || guest === null) return null;
    this.#removalTold = true;
    return this.#event({
      ...{ state: guest.condition, reason: "removed", panicText: "" },
      stillMs: this.#stillMs,
    }, guest.condition);
  }

  /** Notes why the object is left. @returns The change to report. */
  left(reason: GuestReason): GuestEvent {
    const stillMs = this.#stillMs;
    return this.#tell({ state: GONE, reason, stillMs, panicText: "" });
  }

  /** Forgets the guest, because another one may come. */
  forget(): void {
    this.#guest = null;
    this.#info = null;
    this.#restart = null;
    this.#stillMs = 0;
    this.#knownStillMs = 0;
    this.#beaten = false;
  }

  /**
   * Measures how long the heartbeat has stood still.
   *
   * @returns Whether it has grown since the last look, or this is the first.
   */
  #listen({ heartbeat }: Pulse): boolean {
    const nowMs = performance.now();
    const passedMs = Math.min(nowMs - this.#lookedMs, LOOK_MS_MAX);
    this.#lookedMs = nowMs;
    const last = this.#guest;
    const beats = heartbeat !== last?.heartbeat;
    if (last === null) this.#stillMs = this.#knownStillMs;
    else if (!beats) this.#stillMs += passedMs;
    else {
      this.#stillMs = 0;
      this.#beaten = true;
    }
    return beats;
  }

  #lookForRestart(info: RegionInfo, sessions: number): void {
    const last = this.#info;
    const lastSessions = this.#sessions;
    this.#info = info;
    this.#sessions = sessions;
    if (last === null || last === info) return;
    if (lastSessions !== sessions) this.#restart = "session";
    else if (last.epoch !== info.epoch) this.#restart ??= "start";
  }

  /** Returns why the state has to be reported now; null if it need not be. */
  #reason(
    condition: string,
    pulse: Pulse,
    first: boolean,
  ): GuestReason | null {
    if (condition === "starting") return null; // lasts a moment, unless it hangs
    const runsSinceMs = this.#runsSinceMs;
    this.#runsSinceMs = 0;
    const restart = this.#restart;
    if (restart !== null) {
      this.#restart = null;
      return restart;
    }
    const told = this.#told;
    if (condition === told) return null;
    if (first) return "attached";
    if (condition === HUNG) return this.#beaten ? "heartbeat" : "attached";
    if (saysRunning(pulse)) {
      if (told === HUNG) return "heartbeat";
      // The driver has started again; its new header is read once it is whole.
      this.#runsSinceMs = runsSinceMs || performance.now();
      const waitedMs = performance.now() - this.#runsSinceMs;
      return waitedMs > HEADER_MS ? "driver" : null;
    }
    return DRIVER_REASONS[pulse.reason] ?? "driver";
  }

  #tell(
    what: Pick<GuestEvent, "state" | "reason" | "stillMs" | "panicText">,
  ): GuestEvent {
    // It is only assumed that the guest ran before it was looked at.
    const known = this.#hasTold || what.reason !== "attached";
    const previous = known ? this.#told : null;
    this.#told = what.state;
    this.#hasTold = true;
    return this.#event(what, previous);
  }

  #event(
    what: Pick<GuestEvent, "state" | "reason" | "stillMs" | "panicText">,
    previous: string | null,
  ): GuestEvent {
    return {
      ...what,
      utcMs: Date.now(),
      previous,
      sessionId: this.#info?.sessionId ?? 0n,
      epoch: this.#info?.epoch ?? 0,
      heartbeat: this.#guest?.heartbeat ?? 0n,
    };
  }
}
