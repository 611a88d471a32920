// SPDX-License-Identifier: MIT
/**
 * Kernel events in a guest: what its kernel recorded itself, and how that
 * compares with what came through a ring.
 *
 * @module
 */
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/reader.ts";
import type { RecordView } from "../../ring/record_view.ts";
import type { Built } from "./build.ts";
import { type KernelEntry, parsePages } from "./ftrace_pages.ts";
import type { Machine } from "./machine.ts";
import type { Message } from "./messages.ts";
import { CPUS } from "./qemu.ts";
import { guestFiles } from "./support.ts";

const SCRIPT = new URL("../../guest/ivring-trace", import.meta.url).pathname;

/** Where the guest's tracefs is. */
export const TRACEFS = "/sys/kernel/tracing";
/** The instance that ivring-trace uses. */
export const INSTANCE: string = `${TRACEFS}/instances/ivring`;

/** For a guest that traces: `guestFiles`, and the command itself. */
export function tracingFiles(built: Built): Record<string, string> {
  return { ...guestFiles(built), "ivring-trace": SCRIPT };
}

/** Makes the guest ready; a shell command. */
export const LOAD_TRACING: string =
  `insmod ivring.ko && mount -t tracefs tracefs ${TRACEFS}`;

/**
 * Makes the instance before ivring-trace does, so that the kernel stamps with
 * the ring's clock; a shell command.
 */
export const MONOTONIC: string =
  `mkdir ${INSTANCE} && echo mono > ${INSTANCE}/trace_clock`;

/** Forks, sleeps, allocates and frees on every CPU; a shell command. */
export function workload(rounds: number): string {
  return `for c in 0 1 2 3; do (i=0; while [ $i -lt ${rounds} ]; do ` +
    `taskset $((1 << c)) ls / > /dev/null; usleep 500; i=$((i+1)); done) & ` +
    `done; wait`;
}

/** Bytes that a command in the guest prints. */
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

/** What the kernel has in an instance's buffers, which are emptied. */
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

/** Of all messages, the kernel's events. */
export function kernelMessages(all: readonly Message[]): Message[] {
  return all.filter(({ id }) => id <= ABI.ID_KERNEL_MAX);
}

/** Flags of `struct trace_entry`: in which context it was made. */
const FLAG_HARDIRQ = 0x08;
const FLAG_SOFTIRQ = 0x10;
const FLAG_NMI = 0x40;

/** 0 for a task, more for what may interrupt it. */
export function contextLevel(flags: number): number {
  if (flags & FLAG_NMI) return 3;
  if (flags & FLAG_HARDIRQ) return 2;
  return flags & FLAG_SOFTIRQ ? 1 : 0;
}

/** What `compareEntries` found. */
export interface Comparison {
  /** Entries that are in both, byte for byte and in order. */
  equal: number;
  /** Of those: recorded behind what had interrupted their making. */
  moved: number;
  /** Entries that only the kernel has. */
  missing: KernelEntry[];
}

/** An entry's bytes, as `Message.text` has them. */
function textOf(entry: KernelEntry): string {
  return new TextDecoder("latin1").decode(entry.bytes);
}

/** The kernel's buffer rounds an entry's length up to 4 bytes. */
function isSame(kernel: string, { text }: Message): boolean {
  return kernel.length - text.length < 4 && kernel.startsWith(text);
}

/**
 * Compares the kernel's recording with the ring's, CPU by CPU. An entry is
 * exported when it is complete: those of an interrupt that came while it was
 * being made come first. The ring stamps it then, after the kernel did; with a
 * filter the kernel puts it into its buffer later still, and stamps it there.
 *
 * @throws {Error} at the first record that the kernel does not have there.
 */
export function compareEntries(
  entries: readonly KernelEntry[],
  messages: readonly Message[],
  filtered = false,
): Comparison {
  const result: Comparison = { equal: 0, moved: 0, missing: [] };
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
    const level = contextLevel(entry.bytes[2]);
    let at = next;
    while (
      at < left.length && !isSame(text, left[at]) &&
      contextLevel(left[at].text.charCodeAt(2)) > level
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
    if (at === next) {
      next++;
      continue;
    }
    // What came first is found as the next of the kernel's entries.
    left.splice(at, 1);
    result.moved++;
  }
  if (left.length > next) {
    const { cpu, id, seq } = left[next];
    throw new Error(`CPU ${cpu} seq ${seq}: event ${id} is not the kernel's`);
  }
}

/** Numbers of the device's directory in sysfs, by file name. */
export async function counters(
  machine: Machine,
  device = "ivring0",
): Promise<Record<string, number>> {
  const names = [
    ...["records", "drops", "epoch", "klog_skipped", "trace"],
    ...["trace_exported", "trace_skipped"],
    ...["meta_used", "meta_size", "meta_refused"],
  ];
  const folder = `/sys/class/misc/${device}`;
  const text = await machine.run(
    `cd ${folder} && for f in ${names.join(" ")}; do cat $f; done`,
  );
  const values = text.trim().split("\n").map(Number);
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}

/** A kernel event and what the host takes it for. */
export interface NamedEvent {
  /** SYSTEM:NAME, or null where the guest has published nothing that fits. */
  readonly name: string | null;
  /** Driver start. */
  readonly epoch: number;
  /** The kernel's number of the event. */
  readonly id: number;
  /** Its bytes, each as one character. */
  readonly text: string;
}

/** The kernel events of a copy of a region, with the formats in it. */
export function namedEvents(buffer: ArrayBuffer): NamedEvent[] {
  const named: NamedEvent[] = [];
  const reader = new RegionReader(buffer);
  const sink = (record: RecordView) => {
    const { id, epoch, bytes, payloadOffset, payloadBytes } = record;
    if (id > ABI.ID_KERNEL_MAX) return;
    const format = reader.events.describe(record);
    const name = format === null ? null : `${format.system}:${format.name}`;
    const end = payloadOffset + payloadBytes;
    const text = new TextDecoder("latin1").decode(
      bytes.subarray(payloadOffset, end),
    );
    named.push({ name, epoch, id, text });
  };
  for (let again = true; again;) {
    const { more, held } = reader.drain(sink);
    again = more || held;
  }
  reader.finish(sink);
  return named;
}
