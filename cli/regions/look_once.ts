// SPDX-License-Identifier: MIT
/**
 * Looks at several objects, once each.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { CommandError } from "../errors.ts";
import { complain, QUIET } from "../console/messages.ts";
import { likenessOf, objectNames } from "./discovery.ts";
import { standsStill } from "./heartbeat_check.ts";
import type { ObjectRules } from "./objects.ts";
import { noneFound, type Targets } from "./targets.ts";
import { Missing, tryAttach } from "./attach_region.ts";

/**
 * Returns the names of what is there now: the objects that were named, and the
 * rings that a pattern matches.
 *
 * @throws {CommandError} if there is none.
 */
export function namesNow(libc: Libc, targets: Targets): string[] {
  const { names, patterns } = targets;
  const found = objectNames(libc, patterns).filter((name) => {
    const likeness = likenessOf(libc, name);
    return likeness === "ring" || likeness === "unreadable";
  });
  const all = new Set([...names, ...found]);
  if (all.size === 0) throw noneFound(targets);
  return [...all];
}

/**
 * Looks at all objects at the same time, and shows what was seen in the order
 * of their names. Among several, an object that cannot be read is reported and
 * left out.
 *
 * @param look Looks at one object; throws {CommandError} if it cannot be read.
 * @throws What `look` throws, if there is only one object.
 * @throws {CommandError} if there is no object, if none could be read, or if
 * one that was named could not be read.
 */
export async function lookAtEach<Seen>(
  libc: Libc,
  targets: Targets,
  look: (name: string) => Promise<Seen>,
  show: (seen: Seen) => void,
): Promise<void> {
  const all = namesNow(libc, targets);
  const looks = await Promise.allSettled(all.map(look));
  let failed = 0;
  let shown = 0;
  for (const [i, seen] of looks.entries()) {
    if (seen.status === "fulfilled") {
      show(seen.value);
      shown++;
      continue;
    }
    const error: unknown = seen.reason;
    if (targets.single || !(error instanceof CommandError)) throw error;
    complain(`${error.message}: left out`);
    if (targets.names.includes(all[i])) failed++;
  }
  if (shown === 0) {
    throw new CommandError(`none of ${all.length} objects could be read`);
  }
  if (failed === 0) return;
  throw new CommandError(
    `${failed} of ${targets.names.length} objects could not be read`,
  );
}

/**
 * Returns the names of the objects whose guests' heartbeats stand still.
 *
 * @throws {CommandError} if there is no object at all.
 */
export async function stillNames(
  libc: Libc,
  targets: Targets,
  rules: ObjectRules,
): Promise<string[]> {
  const names = namesNow(libc, targets);
  const still = await Promise.all(
    names.map((name) => standsStill(libc, name, rules)),
  );
  return names.filter((_, i) => still[i]);
}

/**
 * Checks that an object can be read, and closes it again.
 *
 * @param options Its rules, and whether it is a copy in a file.
 * @throws {CommandError} naming what is missing, or why it is not read.
 */
export function checkThere(
  libc: Libc,
  name: string,
  options: { readonly rules: ObjectRules; readonly image: boolean },
): void {
  const found = tryAttach(
    libc,
    { name, messages: QUIET, ...options },
    (memory) => memory,
  );
  if (found instanceof Missing) {
    throw new CommandError(found.text, { todo: found.todo });
  }
  found.memory.close();
}
