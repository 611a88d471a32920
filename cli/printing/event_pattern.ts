// SPDX-License-Identifier: MIT
/**
 * The names of records that `--event` takes.
 *
 * @module
 */
import { ABI } from "../../ring/layout.ts";
import { ValueError } from "../errors.ts";

/** Names of the records that are not kernel events. */
export const KINDS: Readonly<Record<number, string>> = {
  [ABI.ID_MESSAGE]: "message",
  [ABI.ID_KLOG]: "klog",
  [ABI.ID_CLOCK]: "clock",
  [ABI.ID_TAKEOVER]: "takeover",
  [ABI.ID_TASK]: "task",
};

/**
 * The name of a change of the guest's state, which is not a record of a ring.
 */
export const GUEST = "guest";

/** The name of records that have no other name. */
export const OPAQUE = "opaque";

/** One name, or a pattern of names. */
export interface EventPattern {
  /** The text that was given. */
  readonly text: string;
  /** Tells whether a record of this name, or "system:name", is wanted. */
  matches(name: string): boolean;
}

/**
 * Parses a name, in upper or lower case, in which * and ? are wildcards.
 *
 * @throws {ValueError} if it has other characters, or is too long.
 */
export function eventPattern(text: string): EventPattern {
  if (!/^[\w*?:-]{1,200}$/.test(text)) {
    throw new ValueError(
      `"${text}" is no name: give klog, message, or an event such as ` +
        "sched_switch or 'sched:*'",
    );
  }
  // A sequence of * counts as one, so that matching stays fast.
  const source = text.replace(/\*+/g, ".*").replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`, "i");
  return { text, matches: (name) => expression.test(name) };
}
