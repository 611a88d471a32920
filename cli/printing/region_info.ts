// SPDX-License-Identifier: MIT
/**
 * Shows everything that a region says about itself: geometry, clocks, positions,
 * counters.
 *
 * @module
 */
import { shownText } from "../../ffi/c_text.ts";
import type { Libc } from "../../ffi/libc.ts";
import { type ConsumerState, readConsumer } from "../../ring/consumer.ts";
import type { EventTable } from "../../ring/events/event_table.ts";
import { problemOf, problemText } from "../../ring/events/format_problems.ts";
import type { RegionCursor } from "../../ring/cursor.ts";
import { readGuestName } from "../../ring/guest_name.ts";
import type { RegionInfo } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import {
  type LiveLine,
  readCounts,
  readLive,
  readMetaUse,
} from "../../ring/live.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { columns, spanText } from "../console/columns.ts";
import { CommandError } from "../errors.ts";
import { guestClaims, guestText } from "../regions/guest_claims.ts";
import {
  guestState,
  HUNG,
  modeText,
  reasonText,
  sessionText,
} from "../../ring/state_names.ts";
import { Messages, QUIET, sanitize } from "../console/messages.ts";
import { ObjectWatch } from "../regions/object_watch.ts";
import type { ObjectRules } from "../regions/objects.ts";
import { jsonLine, print } from "../console/standard_output.ts";
import { ageOf, standsStill } from "../regions/heartbeat_check.ts";
import { lookAtEach } from "../regions/look_once.ts";
import type { Targets } from "../regions/targets.ts";
import { Missing, tryAttach } from "../regions/attach_region.ts";

/** What is shown. */
export interface InfoSettings {
  readonly targets: Targets;
  /** Which objects may be read. */
  readonly rules: ObjectRules;
  /** Whether to print lines of JSON in place of text. */
  readonly json: boolean;
}

/** Prints what each region says about itself. */
export async function printInfo(
  libc: Libc,
  { targets, rules, json }: InfoSettings,
): Promise<void> {
  const image = targets.isCopy;
  let between = "";
  await lookAtEach(
    libc,
    targets,
    (name) => gather(libc, name, { rules, image }),
    (info) => {
      print(json ? jsonLine(info) : between + infoText(info));
      between = "\n";
    },
  );
}

/** What the rings' clocks are called, by `ABI.CLOCK_*`. */
export const CLOCKS: Readonly<Record<number, string>> = {
  [ABI.CLOCK_NONE]: "none",
  [ABI.CLOCK_MONOTONIC]: "monotonic",
  [ABI.CLOCK_TSC]: "tsc",
};

/** How many events' problems are listed as text; JSON has all. */
const PROBLEMS_SHOWN = 20;

/**
 * Reports warnings about objects. It is never quiet: there is no --quiet here.
 */
const WARNINGS = new Messages({ quiet: false, verbose: false });

/**
 * Also what `info --json` prints, with 64-bit numbers as strings of digits;
 * packaging/json/tables.ts describes its members.
 */
type Info = ReturnType<typeof describe>;

async function gather(
  libc: Libc,
  name: string,
  { rules, image }: { rules: ObjectRules; image: boolean },
): Promise<Info> {
  // A copy has no heartbeat: its guest's state is what the driver said.
  const still = !image && await standsStill(libc, name, rules);
  const found = tryAttach(
    libc,
    { name, rules, messages: WARNINGS, image },
    ({ buffer }) => new RegionReader(buffer),
  );
  if (found instanceof Missing) {
    throw new CommandError(found.text, { todo: found.todo });
  }
  using memory = found.memory;
  const truncation = new ObjectWatch(memory, QUIET).truncation();
  if (truncation !== null) throw truncation;
  const { info } = found.reader;
  return describe(name, memory.bytes, memory.buffer, info, {
    ...{ live: readLive(memory.buffer, info), still },
    oldest: found.reader.cursor(),
    consumer: readConsumer(memory.buffer, info),
    events: found.reader.events,
  });
}

function describe(
  object: string,
  bytes: number,
  buffer: ArrayBuffer,
  info: RegionInfo,
  { live, still, oldest, consumer, events }: {
    events: EventTable;
    live: LiveLine;
    still: boolean;
    oldest: RegionCursor | null;
    consumer: ConsumerState;
  },
) {
  const { clockId, clockHz, clockBase, utcBaseNs } = info;
  // Positions of another session say nothing about these rings.
  const consumed = consumer.sessionId === info.sessionId
    ? consumer.positions.map(known)
    : info.rings.map(() => null);
  return {
    object: shownText(object),
    bytes,
    abi: `${ABI.ABI_MAJOR}.${info.abiMinor}`,
    region: info.regionBytes,
    blockBytes: info.blockBytes,
    session: sessionText(info.sessionId),
    boot: info.bootId,
    epoch: info.epoch,
    guest: guestClaims(info, readGuestName(buffer, info)),
    clock: {
      id: CLOCKS[clockId] ?? String(clockId),
      hz: clockHz,
      base: String(clockBase),
      utcBaseNs: String(utcBaseNs),
      driftNs: driftOf(info, live),
    },
    live: {
      state: guestState(live, still),
      reason: reasonText(live.reason),
      panic: live.panicText || null,
      heartbeats: String(live.heartbeat),
      age: ageOf(live),
      mode: modeText(live.mode),
      doorbells: String(live.doorbells),
    },
    consumer: consumer.sessionId === 0n ? null : {
      session: sessionText(consumer.sessionId),
      beat: String(consumer.beat),
    },
    rings: readCounts(buffer, info).map(
      ({ ring, position, records, drops }, i) => ({
        ring: ring.index,
        kind: ring.kind === ABI.KIND_KLOG ? "kernel log" : "trace",
        cpu: ring.cpu === ABI.CPU_NONE ? null : ring.cpu,
        bytes: ring.nrBlocks * ring.blockBytes,
        position: known(position),
        records: known(records),
        drops: known(drops),
        oldest: oldest?.rings[i].position ?? null,
        missed: oldest?.rings[i].seq ?? null,
        consumed: consumed[i],
        lag: lagOf(position, consumed[i]),
      }),
    ),
    events: eventsOf(events, info.epoch),
    metadata: readMetaUse(buffer, info).map(
      ({ epoch, usedBytes, refused }) => ({
        epoch,
        bytes: info.metaPartBytes,
        used: known(usedBytes),
        refused,
        functions: functionsOf(events, epoch),
      }),
    ),
  };
}

/** Returns how much is known of the kernel events that the guest described. */
function eventsOf(events: EventTable, epoch: number) {
  events.refresh();
  const formats = events.formats(epoch);
  const refused = events.takeRefusals();
  const problems = formats.map(({ format }) => problemOf(format))
    .filter((problem) => problem !== null);
  return { described: formats.length, problems: [...refused, ...problems] };
}

/** Returns what a guest says of the names of its functions. */
function functionsOf(events: EventTable, epoch: number) {
  events.refresh();
  const summary = events.publishedSymbols(epoch)?.summary ?? null;
  if (summary === null) return null;
  const { state, symbols, neededBytes, anchors } = summary;
  const base = anchors.find(({ name }) => name === "_stext")?.address ?? null;
  return {
    state,
    count: symbols,
    needed: neededBytes,
    stext: base === null ? null : `0x${base.toString(16)}`,
  };
}

/** Returns the bytes written and not consumed; null if that is unknown. */
function lagOf(position: number, consumed: number | null): number | null {
  return consumed === null || position < consumed ? null : position - consumed;
}

/** Returns a number, or null for -1, which stands for an impossible one. */
function known(value: number): number | null {
  return value < 0 ? null : value;
}

/**
 * Returns how far UTC has drifted from the ring's clock since the driver's
 * start, in ns; null if one of them is unknown. It is a string of digits if it
 * is no safe integer, as after a guest without a clock of its own, which began
 * in 1970, has learnt the time.
 */
function driftOf(
  { clockHz, clockBase, utcBaseNs }: RegionInfo,
  { clock }: LiveLine,
): number | string | null {
  if (clockHz === 0 || clock === null || clock.utcNs === 0n) return null;
  const ticks = clock.value - clockBase;
  const passedNs = ticks * 1_000_000_000n / BigInt(clockHz);
  const driftNs = clock.utcNs - utcBaseNs - passedNs;
  const rounded = Number(driftNs);
  return Number.isSafeInteger(rounded) ? rounded : String(driftNs);
}

function infoText(info: Info): string {
  const { clock, live, guest } = info;
  const utc = new Date(Number(BigInt(clock.utcBaseNs) / 1_000_000n));
  const age = live.age === null ? "" : `, the last ${spanText(live.age)} ago`;
  const head = columns([
    ["object", `${sanitize(info.object)}, ${info.bytes} bytes`],
    [
      "region",
      `${info.region} bytes, blocks of ${info.blockBytes}, ABI ${info.abi}`,
    ],
    ["session", `${info.session}, epoch ${info.epoch}, boot ${info.boot}`],
    [
      "guest",
      sanitize(guestText(guest)) +
      " (as it claims)",
    ],
    ["state", stateText(info)],
    ...(live.panic === null ? [] : [["panic", sanitize(live.panic)]]),
    ["heartbeats", `${live.heartbeats}${age}`],
    ["mode", `${live.mode}, ${consumerText(info)}`],
    ["doorbells", live.doorbells],
    ["clock", `${clock.id}, ${clock.hz} Hz`],
    [
      "UTC",
      `${isNaN(utc.getTime()) ? "?" : utc.toISOString()} at ${clock.base}, ` +
      `drift since then ${clock.driftNs ?? "?"} ns`,
    ],
    ...(info.events.described === 0 ? [] : [["events", eventsText(info)]]),
    // A part that no start of the driver has used yet is not shown.
    ...info.metadata.filter(({ used }) => used !== 0).map((
      { epoch, used, bytes, refused, functions },
    ) => [
      "metadata",
      `epoch ${epoch}: ${used ?? "?"} of ${bytes} bytes, ${refused} refused; ` +
      functionsText(functions),
    ]),
  ]);
  const consumed = info.consumer !== null;
  const names = [
    ...["RING", "CPU", "BYTES", "POSITION", "RECORDS", "DROPPED"],
    ...["OLDEST", "MISSED"],
    ...(consumed ? ["CONSUMED", "LAG"] : []),
  ];
  const problems = info.events.problems.slice(0, PROBLEMS_SHOWN)
    .map((problem) => `${sanitize(problemText(problem))}\n`).join("");
  const rows = info.rings.map((ring) =>
    [
      String(ring.ring),
      ring.cpu === null ? "log" : String(ring.cpu),
      ...[ring.bytes, ring.position, ring.records, ring.drops],
      ...[ring.oldest, ring.missed],
      ...(consumed ? [ring.consumed, ring.lag] : []),
    ].map((value) => String(value ?? "?"))
  );
  return `${head}\n${columns([names, ...rows], names.map((_, i) => i))}` +
    (problems === "" ? "" : `\n${problems}`);
}

function eventsText({ events: { described, problems } }: Info): string {
  const { length: some } = problems;
  const rest = some === 0 ? "" : `, ${some} not understood in full`;
  const below = Math.min(some, PROBLEMS_SHOWN);
  return `${described} described${rest}${
    below < some ? `; ${below} below` : ""
  }`;
}

function stateText({ live }: Info): string {
  const { state, reason } = live;
  return state === HUNG
    ? `${state}: does not run: its heartbeat stands still (it hangs, is ` +
      `paused, or was stopped), reason ${reason}`
    : `${state}, reason ${reason.replace(/^reason /, "")}`;
}

function functionsText(
  functions: Info["metadata"][number]["functions"],
): string {
  if (functions === null) return "names of functions not published";
  const { state, count, needed, stext } = functions;
  const lies = stext === null ? "" : `, _stext at ${stext}`;
  return state === "hidden"
    ? "names of functions hidden by the guest's kernel"
    : `names of ${count} functions: ${state}, ${needed} bytes needed${lies}`;
}

function consumerText({ consumer, session }: Info): string {
  if (consumer === null) return "no consumer yet";
  return consumer.session === session
    ? `consumer of this session, beat ${consumer.beat}`
    : `consumer of session ${consumer.session}`;
}
