// SPDX-License-Identifier: MIT
/**
 * Compares what the guest's kernel records itself with what the driver's own
 * probes put into the ring at the same time.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { EventFormat } from "../../ring/events/event_format.ts";
import type { KernelEntry } from "./ftrace_pages.ts";
import type { Machine } from "./machine.ts";
import { bytesOfText, characters, type Message, readAll } from "./messages.ts";
import { CPUS } from "./qemu.ts";
import { kernelEntries, MONOTONIC } from "./trace_compare.ts";
import { formatsOf } from "./trace_lean.ts";
import { counters, INSTANCE, kernelMessages, TRACEFS } from "./tracing.ts";

/** The device's sysfs file that chooses events to record with probes. */
export const PROBES = "/sys/class/misc/ivring0/trace_probes";
const SWITCH = "/sys/class/misc/ivring0/trace";

/** How long a guest is left alone, so that records can be told apart by time. */
const QUIET_S = 0.5;
const NS_PER_S = 1e9;
/** Longer than anything of the same content is apart. */
const SLACK_NS = 60_000_000_000n;

/**
 * Returns a copy of a record in which all bytes are 0 that belong to no field
 * or stand behind a text's end, and which ends with its last field: neither
 * recording writes the others.
 */
function withoutPadding(bytes: Uint8Array, format: EventFormat): Uint8Array {
  const copy = bytes.slice();
  copy.fill(0, 0, format.fixedBytes);
  for (const field of [...format.common, ...format.fields]) {
    const value = bytes.subarray(field.offset, field.offset + field.bytes);
    const length = field.kind === "text" ? value.indexOf(0) : -1;
    copy.set(length < 0 ? value : value.subarray(0, length), field.offset);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const ends = format.dynamic.map(({ offset, bytes, relative }) => {
    const place = view.getUint32(offset, true);
    return (relative ? offset + bytes : 0) + (place & 0xffff) + (place >>> 16);
  });
  return copy.subarray(0, Math.max(format.fixedBytes, ...ends));
}

/**
 * Returns a moment within some time of rest: the middle of the longest gap
 * between records of a CPU.
 */
function gapAfter(
  times: readonly number[],
  from: number,
  until: number,
): number {
  const inside = times.filter((time) => time >= from && time < until);
  let best = [from, until];
  let last = from;
  for (const time of [...inside, until]) {
    if (
      inside.length > 0 &&
      (time - last > best[1] - best[0] || best[1] === until)
    ) {
      best = [last, time];
    }
    last = time;
  }
  return (best[0] + best[1]) / 2;
}

/**
 * Flags that say whether another task is to run. An interrupt or another CPU may
 * set them between both recordings of an event; and since Linux 7.0 that other
 * task may run there, which clears them.
 */
const FLAGS_RESCHED = 0x04 | 0x20 | 0x02;
const FLAGS_AT = 2;
const PID_AT = 4;

/**
 * Fields of what other CPUs may change between both recordings of an event: the
 * time in jiffies, the state of a task that has exited, a module's users, the CPU
 * of a task that is woken.
 */
const OF_THE_MOMENT: ReadonlySet<string> = new Set(
  ["now", "prev_state", "refcnt", "target_cpu"],
);

/** Returns a record with 0 in the fields of the moment. */
function withoutMoment(
  bytes: Uint8Array,
  formats: ReadonlyMap<number, EventFormat>,
): Uint8Array {
  const { fields } = formats.get(bytes[0] | bytes[1] << 8)!;
  for (const { name, offset, bytes: size } of fields) {
    if (OF_THE_MOMENT.has(name)) bytes.fill(0, offset, offset + size);
  }
  return bytes;
}

/** A record of the kernel's, and the ring's of the same event. */
type Pair = readonly [KernelEntry, Message];

/** What was recorded in both ways, and how it compares. */
export interface BothWays {
  /** The records that are in both, equal in every field. */
  readonly pairs: readonly Pair[];
  /** How many of these came into the ring behind what happened later. */
  readonly moved: number;
  /** Records that were made on two CPUs, or that differ in a field of the moment. */
  readonly migrated: number;
  /** The entries that only the kernel has. */
  readonly missing: readonly KernelEntry[];
  /** The events' names, SYSTEM:NAME, by number. */
  readonly names: ReadonlyMap<number, string>;
}

/**
 * Finds the ring's record of each of the kernel's: the first of the same content
 * that was made later. A ring's records are in the order of their times.
 *
 * @param keyOf Returns what both must have in common.
 * @param slackNs How much earlier it may have been made: more than 0 if another
 *   entry of the same content may have taken the record that belongs to this one.
 * @returns The pairs, and what is left of both.
 */
function match(
  entries: readonly KernelEntry[],
  messages: readonly Message[],
  keyOf: (text: string, cpu: number) => string,
  slackNs = 0n,
): { pairs: Pair[]; missing: KernelEntry[]; extra: Message[] } {
  const waiting = Map.groupBy(messages, ({ text, cpu }) => keyOf(text, cpu));
  const pairs: Pair[] = [];
  const missing: KernelEntry[] = [];
  for (const entry of entries) {
    const same = waiting.get(keyOf(characters(entry.bytes), entry.cpu)) ?? [];
    const at = same.findIndex(({ time }) => time + slackNs >= entry.time);
    if (at < 0) missing.push(entry);
    else pairs.push([entry, same.splice(at, 1)[0]]);
  }
  return { pairs, missing, extra: [...waiting.values()].flat() };
}

/** Counts pairs that are in another order in the ring than in the kernel's buffer. */
function countMoved(pairs: readonly Pair[]): number {
  const last = new Map<number, number>();
  let moved = 0;
  for (const [{ cpu }, { seq }] of pairs) {
    if (seq < (last.get(cpu) ?? -1)) moved++;
    else last.set(cpu, seq);
  }
  return moved;
}

/**
 * Records events with the kernel's own buffers and with the driver's probes at
 * once, and compares them field by field.
 *
 * @param systems Systems of events; those without a probe are left out.
 * @param work A shell command.
 * @throws {Error} at the first record that the kernel does not have there.
 */
export async function recordBothWays(
  machine: Machine,
  systems: readonly string[],
  work: string,
): Promise<BothWays> {
  const moment = async () =>
    Number(await machine.run("cut -d' ' -f1 /proc/uptime")) * NS_PER_S;
  const rest = `sleep ${QUIET_S}`;
  // The kernel's own probes come first, so that its record is the older one.
  await machine.run(
    `${MONOTONIC} && echo 16384 > ${INSTANCE}/buffer_size_kb; ` +
      `cd ${TRACEFS}/events; for system in ${systems.join(" ")}; do ` +
      "for event in $system/*/format; do event=${event%/format}; " +
      `echo "$system:\${event#*/}" > ${PROBES} 2> /dev/null && ` +
      `echo 1 > ${INSTANCE}/events/$event/enable; done; done; ` +
      `cd /root; sh ivring-trace publish --no-symbols $(cat ${PROBES}); true`,
  );
  const before = await counters(machine);
  await machine.run(`echo 1 > ${SWITCH}`);
  const on = await moment();
  await machine.run(rest);
  await machine.run(work);
  const off = await moment();
  await machine.run(rest);
  await machine.run(`echo 0 > ${SWITCH}`);
  const after = await counters(machine);
  await machine.run(`echo 0 > ${INSTANCE}/tracing_on`);
  const entries = await kernelEntries(machine);
  const buffer = machine.regionCopy();
  const { messages, totals } = readAll(buffer);
  const { lost, dropped, missed, corrupt } = totals;
  assertEquals([lost, dropped, missed, corrupt], [0, 0, 0, 0]);
  const all = kernelMessages(messages.all);
  assertEquals(all.length, after.trace_exported);
  await machine.run(
    `echo 0 > ${PROBES}; echo 0 > ${INSTANCE}/events/enable; ` +
      `rmdir ${INSTANCE}`,
  );

  const formats = formatsOf(buffer);
  const names = new Map(
    [...formats].map(([id, { system, name }]) => [id, `${system}:${name}`]),
  );
  const kept: { entries: KernelEntry[]; messages: Message[] } = {
    entries: [],
    messages: [],
  };
  for (let cpu = 0; cpu < CPUS; cpu++) {
    const mine = entries.filter((entry) => entry.cpu === cpu);
    const times = mine.map(({ time }) => Number(time));
    const quiet = QUIET_S * NS_PER_S;
    const begin = BigInt(Math.round(gapAfter(times, on, on + quiet)));
    const end = BigInt(Math.round(gapAfter(times, off, off + quiet)));
    const isInside = ({ time }: { time: bigint }) =>
      time >= begin && time < end;
    for (const entry of mine.filter(isInside)) {
      const format = formats.get(entry.bytes[0] | entry.bytes[1] << 8);
      assert(format !== undefined);
      const bytes = withoutPadding(entry.bytes, format);
      bytes[FLAGS_AT] &= ~FLAGS_RESCHED;
      kept.entries.push({ ...entry, bytes });
    }
    for (const message of all.filter((each) => each.cpu === cpu)) {
      if (!isInside(message)) continue;
      const format = formats.get(message.id)!;
      const bytes = withoutPadding(bytesOfText(message.text), format);
      bytes[FLAGS_AT] &= ~FLAGS_RESCHED;
      kept.messages.push({ ...message, text: characters(bytes) });
    }
  }
  const found = match(
    kept.entries,
    kept.messages,
    (text, cpu) => `${cpu} ${text}`,
  );
  const moved = countMoved(found.pairs);
  // Since Linux 7.0 a task can be preempted between both recordings, and go on on
  // another CPU, with other flags.
  const migrated = match(found.missing, found.extra, (text) => {
    const bytes = withoutMoment(bytesOfText(text), formats);
    return characters(bytes.subarray(0, FLAGS_AT)) +
      characters(bytes.subarray(PID_AT));
  }, SLACK_NS);
  assertEquals(migrated.extra, [], "the kernel does not have these");
  assert(migrated.pairs.length < kept.entries.length / 100);
  const flagsOf = new Map(
    entries.map((e) => [`${e.cpu} ${e.time}`, e.bytes[FLAGS_AT]]),
  );
  const laterOf = new Map(
    all.map((m) => [`${m.cpu} ${m.seq}`, m.text.charCodeAt(FLAGS_AT)]),
  );
  const other = found.pairs.map(([{ cpu, time }, { seq }]) =>
    [flagsOf.get(`${cpu} ${time}`)!, laterOf.get(`${cpu} ${seq}`)!] as const
  ).filter(([kernel, ring]) => kernel !== ring);
  assert(other.length < found.pairs.length / 100, `${other.length} differ`);
  const { missing } = migrated;
  assert(
    missing.length <= after.trace_skipped - before.trace_skipped,
    `${missing.length} records are missing`,
  );
  const { pairs } = found;
  return { pairs, moved, migrated: migrated.pairs.length, missing, names };
}
