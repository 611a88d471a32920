// SPDX-License-Identifier: MIT
/**
 * Words for what a guest's driver says of itself.
 *
 * @module
 */
import { ABI } from "../ring/layout.ts";

/** The states there are, by `ABI.STATE_*`. */
export const STATES: Readonly<Record<number, string>> = {
  [ABI.STATE_RUNNING]: "running",
  [ABI.STATE_PANICKED]: "panicked",
  [ABI.STATE_UNLOADED]: "unloaded",
  [ABI.STATE_SUSPENDED]: "suspended",
};

/** What it does when a ring is full, by `ABI.MODE_*`. */
export const MODES: Readonly<Record<number, string>> = {
  [ABI.MODE_OVERWRITE]: "overwrite",
  [ABI.MODE_LOSSLESS]: "lossless",
  [ABI.MODE_UNCONSUMED]: "unconsumed",
};

const REASONS: Readonly<Record<number, string>> = {
  [ABI.REASON_NONE]: "none",
  [ABI.REASON_PANIC]: "panic",
  [ABI.REASON_OOPS]: "oops",
  [ABI.REASON_RESTART]: "emergency restart",
  [ABI.REASON_SHUTDOWN]: "shutdown",
};

/** A state, whatever the number. */
export function stateText(state: number): string {
  return STATES[state] ?? `state ${state}`;
}

/** A mode, whatever the number. */
export function modeText(mode: number): string {
  return MODES[mode] ?? `mode ${mode}`;
}

/** Why the kernel log was last written out in a hurry, whatever the number. */
export function reasonText(reason: number): string {
  return REASONS[reason] ?? `reason ${reason}`;
}
