// SPDX-License-Identifier: MIT
/**
 * Words for what a guest's driver says about itself, and for what its host
 * sees. They are the same wherever a guest's state is shown.
 *
 * @module
 */
import { ABI } from "./layout.ts";

/** The states that a driver knows, by `ABI.STATE_*`. */
const STATES: Readonly<Record<number, string>> = {
  0: "starting",
  [ABI.STATE_RUNNING]: "running",
  [ABI.STATE_PANICKED]: "panicked",
  [ABI.STATE_UNLOADED]: "unloaded",
  [ABI.STATE_SUSPENDED]: "suspended",
};

/** The driver says that it runs, but its heartbeat stands still. */
export const HUNG = "hung";
/**
 * The driver said that the guest shuts down or restarts; it is not back yet.
 */
const DOWN = "down";
/** The guest's object is gone, or another has taken its place. */
export const GONE = "gone";

/** All states that a guest can be in while its object is read. */
export const GUEST_STATES: readonly string[] = [
  ...Object.values(STATES),
  HUNG,
  DOWN,
];

/** What a guest does when a ring is full, by `ABI.MODE_*`. */
export const MODES: Readonly<Record<number, string>> = {
  [ABI.MODE_OVERWRITE]: "overwrite",
  [ABI.MODE_LOSSLESS]: "lossless",
  [ABI.MODE_UNCONSUMED]: "unconsumed",
};

/** Why the kernel log was last written out in a hurry, by `ABI.REASON_*`. */
export const REASONS: Readonly<Record<number, string>> = {
  [ABI.REASON_NONE]: "none",
  [ABI.REASON_PANIC]: "panic",
  [ABI.REASON_OOPS]: "oops",
  [ABI.REASON_RESTART]: "emergency restart",
  [ABI.REASON_SHUTDOWN]: "shutdown",
};

/** What a driver reports about itself. */
export interface DriverState {
  /** `ABI.STATE_*`. */
  readonly state: number;
  /** `ABI.REASON_*`. */
  readonly reason: number;
  readonly heartbeat: bigint;
}

/** Tells whether the driver says that it runs. */
export function saysRunning({ state, reason }: DriverState): boolean {
  return (state === ABI.STATE_RUNNING || state === 0) && !isOnItsWay(reason);
}

/**
 * Tells whether heartbeats are expected, so that a guest without them hangs.
 * They are not expected of a writer that has never sent one, because a driver
 * sends its first when it reports that it runs.
 */
export function hasToBeat(said: DriverState): boolean {
  return saysRunning(said) && said.heartbeat !== 0n;
}

/** Tells whether this reason means that the guest goes down with its driver. */
function isOnItsWay(reason: number): boolean {
  return reason === ABI.REASON_SHUTDOWN || reason === ABI.REASON_RESTART;
}

/**
 * Returns the word for a guest's state.
 *
 * @param still Whether its heartbeat stands still.
 */
export function guestState(said: DriverState, still: boolean): string {
  const { state, reason } = said;
  if (still && hasToBeat(said)) return HUNG;
  return state === ABI.STATE_RUNNING && isOnItsWay(reason)
    ? DOWN
    : stateText(state);
}

/**
 * Returns the word for a driver's state, or "state N" for an unknown number.
 */
function stateText(state: number): string {
  return STATES[state] ?? `state ${state}`;
}

/** Returns the word for a mode, or "mode N" for an unknown number. */
export function modeText(mode: number): string {
  return MODES[mode] ?? `mode ${mode}`;
}

/**
 * Returns the words for why the kernel log was last flushed in an emergency, or
 * "reason N" for an unknown number.
 */
export function reasonText(reason: number): string {
  return REASONS[reason] ?? `reason ${reason}`;
}

/** Formats a session's id, the same way everywhere. */
export function sessionText(sessionId: bigint): string {
  return sessionId.toString(16).padStart(16, "0");
}
