// SPDX-License-Identifier: MIT
/**
 * Compares the guest kernel's own recording of events with the ring's.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type KernelEntry, parsePages } from "./ftrace_pages.ts";
import type { Machine } from "./machine.ts";
import { characters, type Message, readAll } from "./messages.ts";
import { CPUS } from "./qemu.ts";
import {
  checkNothingLeft,
  counters,
  INSTANCE,
  kernelMessages,
  TRACEFS,
} from "./tracing.ts";

/**
 * A shell command that makes the instance before ivring-trace does, so that the
 * kernel stamps events with the ring's clock.
 */
export const MONOTONIC: string =
  `mkdir ${INSTANCE} && echo mono > ${INSTANCE}/trace_clock`;

/** Returns the bytes that a command in the guest prints. */
export async function bytesOf(
  machine: Machine,
  command: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const text = await machine.run(`(${command}) | gzip -1 | base64`);
  const packed = Uint8Array.fromBase64(text.replaceAll("\n", ""));
  const stream = new Blob([packed]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Returns what the kernel has in an instance's buffers, which are emptied by
 * it.
 */
export async function kernelEntries(
  machine: Machine,
  instance: string = INSTANCE,
): Promise<KernelEntry[]> {
  const entries: KernelEntry[] = [];
  for (let cpu = 0; cpu < CPUS; cpu++) {
    const file = `${instance}/per_cpu/cpu${cpu}/trace_pipe_raw`;
    const pages = await bytesOf(machine, `./ivtest raw ${file}`);
    for (const entry of parsePages(cpu, pages)) entries.push(entry);
  }
  return entries;
}

/** Flags of `struct trace_entry`, which say in which context it was made. */
const FLAG_IRQS_OFF = 0x01;
const FLAG_HARDIRQ = 0x08;
const FLAG_SOFTIRQ = 0x10;
const FLAG_NMI = 0x40;

/** Returns 0 for a task, and a higher level for what may interrupt it. */
export function contextLevel(flags: number): number {
  if (flags & FLAG_NMI) return 3;
  if (flags & FLAG_HARDIRQ) return 2;
  return flags & FLAG_SOFTIRQ ? 1 : 0;
}

/**
 * Tells whether an entry may have been made while another one was being made.
 * An interrupt runs with interrupts off for a moment before it counts as one,
 * and for a moment afterwards; what it does then has no higher level.
 */
export function mayInterrupt(flags: number, interrupted: number): boolean {
  return contextLevel(flags) > contextLevel(interrupted) ||
    (flags & FLAG_IRQS_OFF) > (interrupted & FLAG_IRQS_OFF);
}

/** The result of comparing both recordings. */
export interface Comparison {
  /** How many entries are in both, byte for byte and in order. */
  equal: number;
  /**
   * How many of these were recorded behind what had interrupted their making.
   */
  moved: number;
  /** The entries that only the kernel has. */
  missing: KernelEntry[];
  /** Those that are in both, as each of them has them. */
  pairs: (readonly [KernelEntry, Message])[];
}

/** Returns an entry's bytes in the form of `Message.text`. */
function textOf(entry: KernelEntry): string {
  return characters(entry.bytes);
}

/**
 * Compares two texts; the kernel's buffer rounds an entry's length up to 4
 * bytes.
 */
function isSame(kernel: string, { text }: Message): boolean {
  return kernel.length - text.length < 4 && kernel.startsWith(text);
}

/**
 * Compares the kernel's recording with the ring's, CPU by CPU. An entry is
 * exported when it is complete; entries of an interrupt that came while it was
 * being made come before it. The ring stamps it at that time, after the kernel
 * did. If there is a filter, the kernel puts it into its own buffer even later,
 * and stamps it there.
 *
 * @throws {Error} at the first record that the kernel does not have there.
 */
export function compareEntries(
  entries: readonly KernelEntry[],
  messages: readonly Message[],
  filtered = false,
): Comparison {
  const result: Comparison = { equal: 0, moved: 0, missing: [], pairs: [] };
  for (let cpu = 0; cpu < CPUS; cpu++) {
    compareCpu(
      entries.filter((entry) => entry.cpu === cpu),
      messages.filter((message) => message.cpu === cpu),
      filtered,
      result,
    );
  }
  return result;
}

function compareCpu(
  entries: readonly KernelEntry[],
  messages: readonly Message[],
  filtered: boolean,
  result: Comparison,
): void {
  const left = [...messages];
  let next = 0;
  for (const entry of entries) {
    const text = textOf(entry);
    let at = next;
    while (
      at < left.length && !isSame(text, left[at]) &&
      mayInterrupt(left[at].text.charCodeAt(2), entry.bytes[2])
    ) at++;
    if (at === left.length || !isSame(text, left[at])) {
      result.missing.push(entry);
      continue;
    }
    const { time, seq } = left[at];
    if (filtered ? time > entry.time : time < entry.time) {
      const both = `${time} here, ${entry.time} there`;
      throw new Error(`CPU ${entry.cpu} seq ${seq}: stamped ${both}`);
    }
    result.equal++;
    result.pairs.push([entry, left[at]]);
    if (at === next) {
      next++;
      continue;
    }
    // Entries that came before it are found as the next ones of the kernel.
    left.splice(at, 1);
    result.moved++;
  }
  if (left.length > next) {
    const { cpu, id, seq, text } = left[next];
    const flags = text.charCodeAt(2).toString(16);
    throw new Error(
      `CPU ${cpu} seq ${seq}: event ${id}, flags 0x${flags}, ` +
        `is not the kernel's; before it ${next} of ${entries.length} are`,
    );
  }
}

/** Returns the names of events, SYSTEM/NAME, by id. */
export async function eventNames(
  machine: Machine,
): Promise<Map<number, string>> {
  const list = await machine.run(
    `cd ${TRACEFS}/events && grep -H "" */*/id | sed "s|/id:| |"`,
  );
  return new Map(
    list.trim().split("\n").map((line) => {
      const [name, id] = line.split(" ");
      return [Number(id), name];
    }),
  );
}

/**
 * Compares what was recorded since `before`. Both must have all of it, except
 * what the driver skipped.
 */
async function compareBoth(
  machine: Machine,
  before: Record<string, number>,
  recordedBefore: number,
  filtered: boolean,
): Promise<Comparison> {
  const after = await counters(machine);
  const entries = await kernelEntries(machine);
  const { messages, totals } = readAll(machine.regionCopy());
  const { lost, dropped, missed, corrupt } = totals;
  assertEquals([lost, dropped, missed, corrupt], [0, 0, 0, 0]);
  const all = kernelMessages(messages.all).slice(recordedBefore);
  assertEquals(all.length, after.trace_exported - before.trace_exported);
  // The markers of the top level are in its own buffer.
  const mine = all.filter(({ text }) => !text.includes("from the top"));
  const found = compareEntries(entries, mine, filtered);
  const skipped = after.trace_skipped - before.trace_skipped;
  assertEquals(found.missing.length, skipped);
  const status = await machine.run("sh ivring-trace status");
  assertStringIncludes(status, "dropped by the kernel: 0");
  return found;
}

/**
 * Records in both ways, compares, and checks that every difference is intended.
 *
 * @param options Options of `ivring-trace start`.
 * @param work A shell command.
 * @returns What was compared, and the events' names (SYSTEM/NAME) by id.
 */
export async function recordBoth(
  machine: Machine,
  options: string,
  work: string,
): Promise<{ found: Comparison; names: Map<number, string> }> {
  const before = await counters(machine);
  const { messages } = readAll(machine.regionCopy());
  const recordedBefore = kernelMessages(messages.all).length;
  // An event with a filter is exported even if tracing is off, and a change of
  // the tracer empties the buffer.
  const filtered = options.includes("-f ");
  const off = filtered ? "events/enable" : "tracing_on";
  try {
    await machine.run(
      `${MONOTONIC} && sh ivring-trace start --no-symbols -b 4096 ${options}`,
    );
    await machine.run(work);
    await machine.run(`echo 0 > ${INSTANCE}/${off}`);
    const found = await compareBoth(machine, before, recordedBefore, filtered);
    return { found, names: await eventNames(machine) };
  } finally {
    await machine.run("sh ivring-trace stop");
    await checkNothingLeft(machine);
  }
}
