// SPDX-License-Identifier: MIT
/**
 * Changes of a guest's state, as its host sees them: the guest hangs, panics or
 * restarts, or its driver or its object is gone.
 *
 * @module
 */
import { GONE, HUNG } from "../../ring/state_names.ts";

/** Why a state is reported. */
export type GuestReason =
  /** It was in this state when this reader attached. */
  | "attached"
  /** The driver says so. */
  | "driver"
  | "panic"
  | "shutdown"
  | "emergency restart"
  /** The heartbeat stands still, or has begun again. */
  | "heartbeat"
  /** The driver has started again, in the same session. */
  | "start"
  /** The guest has formatted its region again. */
  | "session"
  /** The object's name is gone; so is the guest, if its state is "gone". */
  | "removed"
  /** Another object has the name now. */
  | "replaced"
  /** The object can no longer be read. */
  | "unreadable";

/** One change of a guest's state. */
export interface GuestEvent {
  /** When it was noticed, by this host's clock, in ms since 1970. */
  readonly utcMs: number;
  /** One of the words that `guestState` returns, or "gone". */
  readonly state: string;
  readonly reason: GuestReason;
  /** The state that was reported before this one; null if none was. */
  readonly previous: string | null;
  readonly sessionId: bigint;
  readonly epoch: number;
  /** The count of the guest's heartbeats. */
  readonly heartbeat: bigint;
  /**
   * How long the heartbeat has stood still, or had stood still before it went
   * on, in ms; else 0.
   */
  readonly stillMs: number;
  /** The message of the kernel's panic, as the guest claims; "" for none. */
  readonly panicText: string;
}

const WARNING = 4;

const TEXTS: Readonly<Record<string, string>> = {
  starting: "the guest's driver starts",
  running: "the guest runs",
  panicked: "the guest panicked",
  unloaded: "the guest's driver is gone: unloaded, or its device unplugged",
  suspended: "the guest is suspended",
  down: "the guest shuts down or restarts",
};

/**
 * Describes a change in one line for people; it may hold text from the guest.
 */
export function guestEventText(event: GuestEvent): string {
  const { state, reason, epoch, stillMs, panicText } = event;
  const seconds = Math.round(stillMs / 1000);
  switch (reason) {
    case "start":
      return `the guest's driver has started again: epoch ${epoch}`;
    case "session":
      return "the guest has formatted its rings again: a new session";
    case "removed":
      return state === GONE
        ? "its guest is gone, too: left"
        : "the object was removed: reading on until it is back";
    case "replaced":
      return "another object has taken its place";
    case "unreadable":
      return "it can no longer be read";
    case "emergency restart":
      return "the guest restarts in an emergency";
  }
  if (state === HUNG) {
    return "the guest does not run: its heartbeat has stood still for " +
      `${seconds} s (it hangs, is paused, or was stopped)`;
  }
  if (state === "running" && reason === "heartbeat") {
    return `the guest runs again: its heartbeat had stood still for ${seconds} s`;
  }
  const text = TEXTS[state] ?? `the guest's driver says: ${state}`;
  return panicText === "" ? text : `${text}: ${panicText}`;
}

/**
 * Tells whether people need a note of a change. They need none about a guest
 * that was found running, nor if another note already says the same.
 */
export function isNews({ state, reason }: GuestEvent): boolean {
  if (reason === "replaced" || reason === "unreadable") return false;
  return state !== "running" || reason !== "attached";
}

/** Returns the severity of a change, by the numbers of syslog. */
export function guestEventLevel({ state, reason }: GuestEvent): number {
  if (reason === "removed") return WARNING;
  switch (state) {
    case "panicked":
      return 2; // crit, because emerg is about this host
    case HUNG:
      return 3;
    case "unloaded":
    case GONE:
      return WARNING;
    case "running":
      return 6;
    default:
      return 5;
  }
}
