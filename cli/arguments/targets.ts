// SPDX-License-Identifier: MIT
/**
 * Turns -s, --all and --image, and what is served, into what a command reads.
 *
 * @module
 */
import { shmName } from "../../ffi/shm_object.ts";
import { isPattern, matcher } from "../regions/patterns.ts";
import type { ServedTarget } from "../regions/servers.ts";
import type { Targets } from "../regions/targets.ts";
import type { OptionName, OptionValues } from "./options.ts";
import { refused } from "./refused.ts";

/** Options of every command that looks at regions without following them. */
export const SOURCE_OPTIONS: readonly OptionName[] = ["shm", "image", "owner"];

/**
 * Returns what a command reads.
 *
 * @param served What is served, if anything: then nothing else is read.
 */
export function targetsOf(
  { shm, all, image }: OptionValues,
  served: readonly ServedTarget[] = [],
): Targets {
  if (image !== undefined) return { ...only(image), isCopy: true };
  // Normalized, so that all readers of an object call it by the same name.
  const given = shm.filter((name) => !isPattern(name)).map(shmName);
  const names = served.length > 0
    ? served.map(({ name }) => name)
    : [...new Set(given)];
  const asked = shm.filter(isPattern);
  const patterns = all ? [() => true] : asked.map(matcher);
  const single = names.length === 1 && patterns.length === 0;
  return { names, patterns, asked, single, isCopy: false };
}

/**
 * Returns what is read by a command that takes one object, or a copy of one.
 *
 * @param command The command's name.
 * @throws {UsageError} naming the option.
 */
export function oneTarget(options: OptionValues, command: string): Targets {
  const targets = targetsOf(options);
  if (targets.single) return targets;
  const [pattern] = targets.asked;
  const why = pattern === undefined
    ? `${command} takes one object`
    : `"${pattern}" may be many objects, and ${command} takes one`;
  throw refused("shm", `: ${why}`);
}

function only(name: string): Omit<Targets, "isCopy"> {
  return { names: [name], patterns: [], asked: [], single: true };
}
