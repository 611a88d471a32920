// SPDX-License-Identifier: MIT
/**
 * Checks a guest's heartbeat for commands that look once and do not follow.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { type LiveLine, readLive } from "../../ring/live.ts";
import { CommandError } from "../errors.ts";
import { hasToBeat } from "../../ring/state_names.ts";
import { QUIET } from "../console/messages.ts";
import { StopSignals } from "../signals.ts";
import { sleepMs } from "../sleep.ts";
import { ObjectWatch } from "./object_watch.ts";
import type { ObjectRules } from "./objects.ts";
import { Missing, tryAttach } from "./attach_region.ts";

/** How long to wait for a heartbeat, in ms; there is one about every second. */
export const BEAT_MS = 3000;
const LOOK_MS = 50;

/**
 * Returns the seconds since the guest's last heartbeat, by its clock and this
 * host's.
 *
 * @returns Null if its clock is ahead of this host's, or was never set.
 */
export function ageOf({ clock }: LiveLine): number | null {
  if (clock === null || clock.utcNs === 0n) return null;
  const ageMs = Date.now() - Number(clock.utcNs / 1_000_000n);
  return ageMs < 0 ? null : Math.floor(ageMs / 1000);
}

/**
 * Waits for a heartbeat of a guest that says that it runs, for three seconds at
 * most. It does not wait if its clock and this host's say that the last one
 * came just now. A greater age proves nothing, because the clocks may differ.
 *
 * @param name The object's name.
 * @returns Whether the heartbeat stands still. Also false if the object cannot
 * be read, because the code that reads it next reports why.
 */
export async function standsStill(
  libc: Libc,
  name: string,
  rules: ObjectRules,
): Promise<boolean> {
  try {
    const found = tryAttach(
      libc,
      { name, rules, messages: QUIET },
      (_, info) => info,
    );
    if (found instanceof Missing) return false;
    using memory = found.memory;
    const watch = new ObjectWatch(memory, QUIET);
    return await isStill(
      libc,
      () =>
        watch.truncation() === null
          ? readLive(memory.buffer, found.reader)
          : null,
    );
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

async function isStill(
  libc: Libc,
  look: () => LiveLine | null,
): Promise<boolean> {
  const first = look();
  if (first === null || !hasToBeat(first)) return false;
  const age = ageOf(first);
  if (age !== null && age * 1000 < BEAT_MS) return false;
  using signals = new StopSignals(libc);
  const { stop } = signals;
  const untilMs = performance.now() + BEAT_MS;
  while (performance.now() < untilMs && !stop.aborted) {
    await sleepMs(LOOK_MS, stop);
    if (look()?.heartbeat !== first.heartbeat) return false;
  }
  return !stop.aborted;
}
