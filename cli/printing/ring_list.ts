// SPDX-License-Identifier: MIT
/**
 * Lists this host's rings, and the states of their guests.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { bytesText, columns, spanText } from "../console/columns.ts";
import { objectNames } from "../regions/discovery.ts";
import { complain, sanitize } from "../console/messages.ts";
import { BEAT_MS } from "../regions/heartbeat_check.ts";
import { jsonLine, print } from "../console/standard_output.ts";
import { StopSignals } from "../signals.ts";
import { sleepMs } from "../sleep.ts";
import type { ObjectRules } from "../regions/objects.ts";
import { NO_RING } from "../regions/targets.ts";
import { type Sighted, Sighting } from "../regions/look_twice.ts";

/** Time between the two looks; there is a heartbeat about once a second. */
const SAMPLE_MS = 1200;
/**
 * How often guests are looked at again whose heartbeat has not come by then, in
 * ms.
 */
const LOOK_MS = 100;

/**
 * Prints a list of all rings that may be read.
 *
 * @param rules Which objects may be read.
 * @param json Whether to print lines of JSON in place of a table.
 */
export async function listRings(
  libc: Libc,
  rules: ObjectRules,
  json: boolean,
): Promise<void> {
  using signals = new StopSignals(libc);
  using open = new DisposableStack();
  const sightings = objectNames(libc, [() => true])
    .map((name) => Sighting.of(libc, name, rules))
    .filter((sighting) => sighting !== null)
    .map((sighting) => open.use(sighting));
  if (sightings.some((sighting) => sighting.isRing)) {
    await sample(sightings, signals.stop);
  }
  const rings = sightings.map((sighting) => sighting.look());
  if (rings.length === 0) complain(NO_RING);
  print(json ? rings.map(jsonLine).join("") : tableText(rings));
}

/** Waits between the two looks, longer while a heartbeat is still missing. */
async function sample(
  sightings: readonly Sighting[],
  stop: AbortSignal,
): Promise<void> {
  const untilMs = performance.now() + BEAT_MS;
  await sleepMs(SAMPLE_MS, stop);
  while (
    !stop.aborted && performance.now() < untilMs &&
    sightings.some((sighting) => sighting.isQuiet)
  ) await sleepMs(LOOK_MS, stop);
}

const HEAD = ["OBJECT", "SIZE", "STATE", "HEARTBEAT", "RECORDS/S", "GUEST"];
const RIGHT = [1, 3, 4];

function tableText(rings: readonly Sighted[]): string {
  if (rings.length === 0) return "";
  return columns([HEAD, ...rings.map(rowOf)], RIGHT);
}

function rowOf(ring: Sighted): string[] {
  const { guest, problem, panic } = ring;
  const told = guest === null
    ? []
    : [`${guest.name || "(no name)"}, kernel ${guest.kernel || "?"}`];
  return [
    sanitize(ring.object),
    bytesText(ring.bytes),
    ring.state,
    ring.age === null ? "-" : spanText(ring.age),
    ring.rate === null ? "-" : String(ring.rate),
    sanitize([...told, panic, problem].filter((text) => text).join(": ")),
  ];
}
