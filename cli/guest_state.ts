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

/** Why the kernel log was last written out in a hurry, whatever the number. */
export function reasonText(reason: number): string {
  return REASONS[reason] ?? `reason ${reason}`;
}
