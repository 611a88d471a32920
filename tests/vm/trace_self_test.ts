// SPDX-License-Identifier: MIT
// Tests tracing where it could disturb itself: the driver's own work, and NMIs.
import { assert, assertEquals } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { vmTest } from "./support.ts";
import { contextLevel, recordBoth } from "./trace_compare.ts";
import {
  kernelMessages,
  LOAD_TRACING,
  tracingFiles,
  workload,
} from "./tracing.ts";

const MIB = 1 << 20;

/** How many words of an entry may name its object. */
const WORDS = 8;
/** The bytes of a work item and, in a delayed one, of the timer behind it. */
const OBJECT_BYTES = 64n;

/** The events that name the driver's timer or its work items. */
const NAMING: readonly string[] = [
  "timer/timer_cancel",
  "timer/timer_expire_entry",
  "timer/timer_expire_exit",
  "timer/timer_start",
  "workqueue/workqueue_activate_work",
  "workqueue/workqueue_execute_end",
  "workqueue/workqueue_execute_start",
  "workqueue/workqueue_queue_work",
];

/** The words of an entry behind its common fields. */
function wordsOf(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = Math.min(WORDS, bytes.length >> 3);
  return Array.from(
    { length: count - 1 },
    (_, i) => view.getBigUint64(8 * i + 8, true),
  );
}

const bytesOfText = (text: string) =>
  Uint8Array.from(text, (c) => c.charCodeAt(0));

/** Returns what tells whether an entry has a function of the driver's. */
async function functionsOf(
  machine: Machine,
): Promise<(word: bigint) => boolean> {
  const symbols = await machine.run(
    "grep '\\[ivring\\]$' /proc/kallsyms | cut -d' ' -f1 | sort",
  );
  const addresses = symbols.trim().split("\n").map((a) => BigInt(`0x${a}`));
  const first = addresses[0];
  const last = addresses[addresses.length - 1];
  return (word) => word >= first && word <= last;
}

/**
 * Tests that the ring lacks the driver's own events, whatever names the driver's
 * objects, and nothing else. Control: the kernel's own recording has them.
 */
async function feedbackTest(machine: Machine): Promise<void> {
  const beats = () =>
    new DataView(machine.regionCopy()).getBigUint64(2056, true);
  const isFunction = await functionsOf(machine);
  const before = beats();
  const { found, names } = await recordBoth(
    machine,
    "workqueue timer irq_vectors irq sched kmem",
    "for i in 1 2 3 4 5; do sleep 1; echo note $i > /dev/kmsg; done",
  );
  assert(beats() - before >= 3n, "heartbeats meanwhile");
  const missing = found.missing.map(({ bytes }) => bytes);
  const own = missing.map(wordsOf).filter((words) => words.some(isFunction))
    .map(([object]) => object);
  assert(own.length > 0, "the control");
  const isOwn = (bytes: Uint8Array) =>
    wordsOf(bytes).some((word) =>
      isFunction(word) ||
      own.some((from) => word >= from && word < from + OBJECT_BYTES)
    );
  const kinds = new Set(
    missing.filter(isOwn).map(([low, high]) => names.get(low | high << 8)),
  );
  assertEquals([...kinds].sort(), [...NAMING]);
  const { messages } = readAll(machine.regionCopy());
  const kept = found.pairs.filter(([{ bytes }]) => isOwn(bytes));
  assertEquals(kept.length, 0);
  const ours = kernelMessages(messages.all).filter(({ id, text }) =>
    id > 20 && isOwn(bytesOfText(text))
  );
  assertEquals(ours.length, 0);
  const notes = messages.all.filter(({ id, text }) =>
    id === ABI.ID_KLOG && text.includes("note ")
  );
  assertEquals(notes.length, 5);
  const count = missing.filter(isOwn).length;
  console.log(
    `  ${count} events of ${kinds.size} kinds name the driver's own work, ` +
      `none in; ${missing.length} skipped in all`,
  );
}

async function nmiTest(machine: Machine): Promise<void> {
  await machine.run(
    `sh ivring-trace start --no-symbols sched timer kmem nmi`,
  );
  await machine.run(`(${workload(8)}; touch /tmp/done) > /dev/null 2>&1 &`);
  let sent = 0;
  for (let done = false; !done; sent++) {
    await machine.monitor("nmi");
    done = (await machine.tryRun("test -e /tmp/done")).status === 0;
  }
  await machine.run("sh ivring-trace stop");
  const { messages, totals } = readAll(machine.regionCopy());
  assertEquals(totals.lost + totals.dropped + totals.corrupt, 0);
  const inNmi = kernelMessages(messages.all)
    .filter(({ text }) => contextLevel(text.charCodeAt(2)) === 3);
  assert(inNmi.length >= sent, `${inNmi.length} events of ${sent} NMIs`);
  console.log(`  ${sent} NMIs under load, ${inNmi.length} events in them`);
}

vmTest(
  "tracing does not trace itself, nor trip over NMIs",
  async (built, t) => {
    await using machine = await Machine.start({
      regions: [{ bytes: 64 * MIB }],
      files: tracingFiles(built),
      oneThread: true,
      monitor: true,
    });
    await machine.run(LOAD_TRACING);
    await t.step(
      "the driver's own work is left out",
      () => feedbackTest(machine),
    );
    await t.step("NMIs", () => nmiTest(machine));
    assertEquals(await machine.faults(), []);
  },
);
