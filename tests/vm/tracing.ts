// SPDX-License-Identifier: MIT
/**
 * Kernel events in a guest: what its kernel recorded itself, and how it
 * compares with what came through a ring.
 *
 * @module
 */
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { assertEquals } from "@std/assert";
import type { Built } from "./build.ts";
import type { Machine } from "./machine.ts";
import { characters, type Message } from "./messages.ts";
import { guestFiles } from "./support.ts";

const SCRIPT = new URL("../../guest/ivring-trace", import.meta.url).pathname;

/** The guest's tracefs. */
export const TRACEFS = "/sys/kernel/tracing";
/** The instance that ivring-trace uses. */
export const INSTANCE: string = `${TRACEFS}/instances/ivring`;

/**
 * Returns the files for a guest that traces: `guestFiles`, and the command
 * itself.
 */
export function tracingFiles(built: Built): Record<string, string> {
  return { ...guestFiles(built), "ivring-trace": SCRIPT };
}

/** A shell command that makes the guest ready for tracing. */
export const LOAD_TRACING: string =
  `insmod ivring.ko && mount -t tracefs tracefs ${TRACEFS}`;

/**
 * Returns a shell command that forks, sleeps, allocates and frees on every CPU.
 */
export function workload(rounds: number): string {
  return `for c in 0 1 2 3; do (i=0; while [ $i -lt ${rounds} ]; do ` +
    `taskset $((1 << c)) ls / > /dev/null; usleep 500; i=$((i+1)); done) & ` +
    `done; wait`;
}

/** Returns the kernel's events among all messages. */
export function kernelMessages(all: readonly Message[]): Message[] {
  return all.filter(({ id }) => id <= ABI.ID_KERNEL_MAX);
}

/** Returns the numbers in the device's sysfs directory, by file name. */
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

/** Checks that nothing is left after a failed start or after a stop. */
export async function checkNothingLeft(machine: Machine): Promise<void> {
  assertEquals((await counters(machine)).trace, 0);
  const left = await machine.run(
    `ls ${TRACEFS}/instances; cat ${TRACEFS}/kprobe_events ${TRACEFS}/set_event`,
  );
  assertEquals(left.trim(), "");
}

/** A kernel event, and what the host takes it for. */
export interface NamedEvent {
  /** SYSTEM:NAME, or null if the guest has published no format that fits. */
  readonly name: string | null;
  /** The number of the driver's start. */
  readonly epoch: number;
  /** The kernel's number of the event. */
  readonly id: number;
  /** The event's bytes, each as one character. */
  readonly text: string;
}

/**
 * Returns the kernel events of a copy of a region, named by the formats in it.
 */
export function namedEvents(buffer: ArrayBuffer): NamedEvent[] {
  const named: NamedEvent[] = [];
  const reader = new RegionReader(buffer);
  const sink = (record: RecordView) => {
    const { id, epoch, bytes, payloadOffset, payloadBytes } = record;
    if (id > ABI.ID_KERNEL_MAX) return;
    const format = reader.events.describe(record);
    const name = format === null ? null : `${format.system}:${format.name}`;
    const end = payloadOffset + payloadBytes;
    const text = characters(bytes.subarray(payloadOffset, end));
    named.push({ name, epoch, id, text });
  };
  for (let again = true; again;) {
    const { more, held } = reader.drain(sink);
    again = more || held;
  }
  reader.finish(sink);
  return named;
}
