// SPDX-License-Identifier: MIT
/**
 * Which objects a command reads.
 *
 * @module
 */
import { CommandError } from "../errors.ts";
import type { Matcher } from "./patterns.ts";

/** Reported if every ring is wanted, and there is none. */
export const NO_RING = "no ring on this host";

/** What a command reads. */
export interface Targets {
  /**
   * Objects named one by one, as "/NAME", none twice; or the path of a copy.
   */
  readonly names: readonly string[];
  /** Every object that one of these matches, whenever it comes. */
  readonly patterns: readonly Matcher[];
  /** Those patterns as they were typed; empty if every object is wanted. */
  readonly asked: readonly string[];
  /** Whether it is one object, and never another. */
  readonly single: boolean;
  /** Whether the only name is the path of a file that holds a copy. */
  readonly isCopy: boolean;
}

/** Returns the error of a command that ends because there is no ring at all. */
export function noneFound(targets: Pick<Targets, "asked">): CommandError {
  return new CommandError(noneText(targets), {
    todo: targets.asked.length === 0
      ? "start a virtual machine with an ivshmem device, and the driver in it"
      : "ivring_reader list shows which there are",
  });
}

/** Returns a text which says that there is no ring, or none that matches. */
export function noneText({ asked }: Pick<Targets, "asked">): string {
  if (asked.length === 0) return NO_RING;
  return `no ring matches ${asked.map((each) => `"${each}"`).join(" or ")}`;
}
