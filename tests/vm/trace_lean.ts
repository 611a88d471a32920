// SPDX-License-Identifier: MIT
/**
 * Compares events that go past the kernel's own buffer with those that the
 * kernel recorded itself at the same time, in an instance of the test's own.
 *
 * The kernel exports that instance's events as well. So the ring has each event
 * twice: first as it went into the kernel's buffer, because that instance has
 * enabled it first, and then as it went past it.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { EventFormat } from "../../ring/events/event_format.ts";
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordSink } from "../../ring/record_view.ts";
import { payloadOf } from "../support/events.ts";
import { shownFields } from "../support/shown_fields.ts";
import type { KernelEntry } from "./ftrace_pages.ts";
import type { Machine } from "./machine.ts";
import { bytesOfText, type Message, readAll } from "./messages.ts";
import { CPUS } from "./qemu.ts";
import {
  contextLevel,
  eventNames,
  kernelEntries,
  mayInterrupt,
} from "./trace_compare.ts";
import { LEAN } from "./trace_way.ts";
import {
  checkNothingLeft,
  INSTANCE,
  kernelMessages,
  TRACEFS,
  workload,
} from "./tracing.ts";

/** The instance in which the kernel records. */
const KERNEL = `${TRACEFS}/instances/kernel`;
/** Events that one more look at the same moment shows with the same bytes. */
const SYSTEMS: readonly string[] = [
  ...["sched", "kmem", "irq", "workqueue", "raw_syscalls", "ivring_nest"],
];
/** An event with a counter's value, which other CPUs change meanwhile. */
const EXCEPT = "kmem/rss_stat";
/** How many events are interrupted while they are being made, on each CPU. */
const NESTED = 32;

const FLAG_IRQS_OFF = 0x01;
/** Flags of `struct trace_entry` that an interrupt in between may set. */
const FLAGS_RESCHEDULE = 0x02 | 0x04 | 0x20;

/**
 * States in sched_switch of a task that has exited. Its parent, on another CPU,
 * makes the first one the second at any time.
 */
const EXITED: readonly string[] = ["32", "16"];

/** What was found of the kernel's entries in the ring. */
interface Found {
  /** Entries that are there twice. */
  twice: KernelEntry[];
  /** Entries that are there once: what went past the buffer was lost. */
  once: KernelEntry[];
  /** These, and what was recorded next, for people. */
  lost: string[];
  /**
   * Records that no entry belongs to: the kernel's buffer was switched on while
   * a task was between one recording of its event and the other.
   */
  alone: string[];
  /** Entries that are not there: the driver's own. */
  never: KernelEntry[];
  /** How many events were recorded behind what had interrupted their making. */
  moved: number;
  /** How many tasks were preempted between one recording and the other. */
  later: number;
}

/** An event, as both recordings have it. */
interface Event {
  /** When the ring recorded it, or the kernel. */
  readonly time: bigint;
  readonly flags: number;
  /** Whether its task may have been preempted, and moved to another CPU. */
  readonly preemptible: boolean;
  readonly fields: string;
}

/** Returns the formats of the events in a region, by id. */
export function formatsOf(region: ArrayBuffer): Map<number, EventFormat> {
  const formats = new Map<number, EventFormat>();
  const reader = new RegionReader(region);
  const sink: RecordSink = (record) => {
    const { id } = record;
    if (id <= ABI.ID_KERNEL_MAX && !formats.has(id)) {
      formats.set(id, reader.events.describe(record)!);
    }
  };
  while (reader.drain(sink).more);
  reader.finish(sink);
  return formats;
}

/**
 * Returns an event with all its fields, without what lies between and behind
 * them: the kernel leaves there whatever was in its memory.
 */
function eventOf(
  formats: Map<number, EventFormat>,
  time: bigint,
  bytes: Uint8Array,
): Event {
  const [low, high, flags, depth] = bytes;
  const preemptible = contextLevel(flags) === 0 &&
    (flags & FLAG_IRQS_OFF) === 0 && (depth & 0x0f) === 0;
  const format = formats.get(low | high << 8);
  if (format === undefined) {
    return { time, flags, preemptible, fields: `${bytes}` };
  }
  const shown = shownFields(format, payloadOf(bytes));
  shown.set("common_flags", `${flags & ~FLAGS_RESCHEDULE}`);
  const state = shown.get("prev_state");
  if (EXITED.some((each) => state === each)) shown.set("prev_state", "exited");
  return { time, flags, preemptible, fields: JSON.stringify([...shown]) };
}

/**
 * Takes one event out of those that are left.
 *
 * @returns How many were before it, all of which may have interrupted its
 *   making; null if it is not there.
 */
function take({ flags, fields }: Event, left: Event[]): number | null {
  let at = 0;
  while (
    at < left.length && left[at].fields !== fields &&
    mayInterrupt(left[at].flags, flags)
  ) at++;
  if (at === left.length || left[at].fields !== fields) return null;
  left.splice(at, 1);
  return at;
}

/**
 * Takes an event that was recorded after its task had been preempted. From 7.0 on
 * the kernel allows this between one recording of an event and the next.
 *
 * @returns Whether it is there, on any CPU.
 */
function takeLater({ preemptible, fields }: Event, left: Event[][]): boolean {
  if (!preemptible) return false;
  let found: { events: Event[]; at: number } | null = null;
  for (const events of left) {
    const at = events.findIndex((event) => event.fields === fields);
    if (at < 0) continue;
    if (found === null || events[at].time < found.events[found.at].time) {
      found = { events, at };
    }
  }
  found?.events.splice(found.at, 1);
  return found !== null;
}

/** Compares all events, in the order in which they were made. */
function compare(
  entries: readonly KernelEntry[],
  messages: readonly Message[],
  formats: Map<number, EventFormat>,
): Found {
  const found: Found = {
    ...{ twice: [], once: [], lost: [], alone: [], never: [] },
    ...{ moved: 0, later: 0 },
  };
  const left: Event[][] = [];
  for (let cpu = 0; cpu < CPUS; cpu++) {
    const first = entries.find((entry) => entry.cpu === cpu);
    // The kernel's buffer was switched on later than the ring, and off earlier.
    const ours = messages.filter((message) =>
      message.cpu === cpu && first !== undefined && message.time >= first.time
    );
    left.push(
      ours.map(({ time, text }) => eventOf(formats, time, bytesOfText(text))),
    );
  }
  const byTime = (a: KernelEntry, b: KernelEntry) => Number(a.time - b.time);
  for (const entry of entries.toSorted(byTime)) {
    const event = eventOf(formats, entry.time, entry.bytes);
    // What belongs to older entries was taken with them.
    const mine = left[entry.cpu];
    while (mine.length > 0 && mine[0].time < entry.time) {
      found.alone.push(mine.shift()!.fields);
    }
    const first = take(event, mine);
    if (first === null) {
      found.never.push(entry);
      continue;
    }
    const second = take(event, mine);
    const isLater = second === null && takeLater(event, left);
    if (second === null && !isLater) {
      found.once.push(entry);
      const next = mine.slice(0, 3).map(({ fields }) => fields);
      found.lost.push([event.fields, "not before", ...next].join("\n  "));
    } else found.twice.push(entry);
    if (first || second) found.moved++;
    if (isLater) found.later++;
  }
  return found;
}

/** Records in both ways while `work` runs, and compares. */
async function recordTwice(machine: Machine, work: string): Promise<Found> {
  await machine.run(
    `echo 1 > ${KERNEL}/tracing_on; ${work}; echo 0 > ${KERNEL}/tracing_on`,
  );
  const entries = await kernelEntries(machine, KERNEL);
  const region = machine.regionCopy();
  const formats = formatsOf(region);
  const { messages, totals } = readAll(region);
  const { lost, dropped, missed, corrupt } = totals;
  assertEquals([lost, dropped, missed, corrupt], [0, 0, 0, 0]);
  return compare(entries, kernelMessages(messages.all), formats);
}

/** Begins to record in both ways; the kernel's buffer is still off. */
async function begin(machine: Machine): Promise<void> {
  await machine.run(
    `insmod ivring_nest.ko && mkdir ${KERNEL} && cd ${KERNEL} && ` +
      "echo 0 > tracing_on && echo mono > trace_clock && " +
      "echo 4096 > buffer_size_kb",
  );
  const list = await machine.run(
    `cd ${KERNEL}/events && for s in ${SYSTEMS.join(" ")}; do ` +
      "[ ! -e $s ] || echo 1 > $s/enable; done; " +
      `echo 0 > ${EXCEPT}/enable; sort ../set_event`,
  );
  const events = list.trim().split("\n").join(" ");
  await machine.run(
    `sh ivring-trace start --no-symbols --no-probes ${events} 2> /dev/null`,
  );
  const status = await machine.run("sh ivring-trace status");
  assertStringIncludes(status, `\n${LEAN}\n`);
}

const nest = (count: number) =>
  `for c in 1 2 4 8; do taskset $c sh -c ` +
  `"echo ${count} > /sys/module/ivring_nest/parameters/run"; done`;

/**
 * Compares the lean way with the kernel's own recording, interrupts included.
 * Control: without the trigger that `ivring-trace` sets, an event that
 * interrupts the making of another one is lost.
 */
export async function leanTest(machine: Machine): Promise<void> {
  try {
    await begin(machine);
    await compareWays(machine);
  } finally {
    await machine.run(
      `sh ivring-trace stop; rmdir ${KERNEL}; rmmod ivring_nest`,
    );
    await checkNothingLeft(machine);
  }
}

async function compareWays(machine: Machine): Promise<void> {
  const names = await eventNames(machine);
  const nameOf = ({ bytes }: KernelEntry) =>
    names.get(bytes[0] | bytes[1] << 8);
  const isInner = (entry: KernelEntry) =>
    nameOf(entry) === "ivring_nest/ivring_inner";

  const found = await recordTwice(machine, `${workload(4)}; ${nest(NESTED)}`);
  assertEquals(found.lost, []);
  assert(found.alone.length <= CPUS, found.alone.join("\n"));
  const own = new Set(found.never.map((each) => nameOf(each)?.split("/")[0]));
  assertEquals([...own].filter((system) => system !== "workqueue"), []);
  assert(found.twice.length > 3_000, `${found.twice.length} entries`);
  const nested = found.twice.filter(isInner).length;
  assertEquals(nested, 2 * CPUS * NESTED);
  assert(found.moved >= CPUS * NESTED, `${found.moved}`);

  await machine.run(
    `cd ${INSTANCE}/events/ivring_nest && ` +
      "for e in *; do [ ! -d $e ] || echo '!stacktrace:0' > $e/trigger; done",
  );
  const control = await recordTwice(machine, nest(NESTED));
  const gone = control.once.filter(isInner).length;
  assertEquals(gone, CPUS * NESTED);

  console.log(
    `  ${found.twice.length} events past the kernel's buffer as in it, ` +
      `${found.moved} of them interrupted, ${found.later} preempted, ` +
      `${found.never.length} of the driver's own skipped; without the trigger ${gone} of ` +
      `${control.once.length + control.twice.length} were lost`,
  );
}
