// SPDX-License-Identifier: MIT
/**
 * From -s, --all and --server to objects and patterns of objects.
 *
 * @module
 */
import { shmName } from "../../ffi/shm_object.ts";
import { UsageError } from "../errors.ts";
import type { OptionValues } from "../options.ts";
import { servedTargets } from "./served_targets.ts";
import { isPattern, type Matcher, matcher } from "./patterns.ts";
import { checkName } from "./wait.ts";

/** What a command line names. */
export interface Targets {
  /** Objects named one by one, none twice. */
  readonly names: readonly string[];
  /** Every object that one of these matches, whenever it comes. */
  readonly patterns: readonly Matcher[];
  /** Whether it is one object, and never another. */
  readonly single: boolean;
}

/**
 * Sorts what was given.
 *
 * @throws {UsageError} naming the flag.
 */
export function targetsOf(options: OptionValues): Targets {
  const { shm, all } = options;
  const served = servedTargets(options).map(({ name }) => name);
  if (served.length > 0) {
    return { names: served, patterns: [], single: served.length === 1 };
  }
  if (all && shm.length > 0) {
    throw new UsageError("option --all: not together with -s, --shm");
  }
  const names = shm.filter((name) => !isPattern(name));
  for (const name of shm) checkName(name);
  const patterns = all ? [() => true] : shm.filter(isPattern).map(patternOf);
  const single = names.length === 1 && patterns.length === 0;
  // As it was given, where there is only one to be told of.
  if (single) return { names, patterns, single };
  return { names: [...new Set(names.map(shmName))], patterns, single };
}

function patternOf(pattern: string): Matcher {
  try {
    return matcher(pattern);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`option -s, --shm: ${error.message}`);
  }
}
