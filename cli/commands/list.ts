// SPDX-License-Identifier: MIT
/**
 * Which rings there are on this host, and how their guests fare.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { bytesText, columns, spanText } from "../columns.ts";
import type { Command } from "../commands.ts";
import { objectNames } from "../regions/discovery.ts";
import { sanitize } from "../messages.ts";
import { objectRules } from "../regions/objects.ts";
import type { OptionValues } from "../options.ts";
import { jsonLine, print } from "../print.ts";
import { StopSignals } from "../signals.ts";
import { sleepMs } from "../sleep.ts";
import { type Sighted, Sighting } from "../sighting.ts";

/** Between the two looks: a heart beats about once a second. */
const SAMPLE_MS = 1200;

/** `ivring_reader list`. */
export const LIST: Command = {
  name: "list",
  summary: "Every ring on this host: state, rate, what its guest says",
  options: ["owner", "json"],
  run: list,
};

async function list(options: OptionValues): Promise<void> {
  using libc = new Libc();
  const rules = objectRules(libc, options);
  using signals = new StopSignals();
  using open = new DisposableStack();
  const sightings = objectNames(libc, [() => true])
    .map((name) => Sighting.of(libc, name, rules))
    .filter((sighting) => sighting !== null)
    .map((sighting) => open.use(sighting));
  if (sightings.some((sighting) => sighting.isRing)) {
    await sleepMs(SAMPLE_MS, signals.stop);
  }
  const rings = sightings.map((sighting) => sighting.look());
  print(options.json ? rings.map(jsonLine).join("") : tableText(rings));
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
