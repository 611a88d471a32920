// SPDX-License-Identifier: MIT
// Compares what the kernel itself records with what comes through the ring.
import { assert, assertEquals } from "@std/assert";
import { symbolPlaceText } from "../../ring/events/symbols.ts";
import type { RecordSink } from "../../ring/record_view.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { findKernel } from "./kernel.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { vmTest } from "./support.ts";
import { diskFiles, stacksTest, taskNamesTest } from "./task_names.ts";
import { recordBoth } from "./trace_compare.ts";
import { leanTest } from "./trace_lean.ts";
import {
  checkNothingLeft,
  INSTANCE,
  kernelMessages,
  LOAD_TRACING,
  TRACEFS,
  tracingFiles,
  workload,
} from "./tracing.ts";

const MIB = 1 << 20;
/** The kernel's id of what its function tracer writes. */
const FUNCTION_ID = 1;

async function eventsTest(machine: Machine): Promise<void> {
  const { found, names } = await recordBoth(
    machine,
    "sched timer kmem",
    workload(8),
  );
  assert(found.equal > 3_000, `${found.equal} entries`);
  const kinds = new Set(
    found.missing.map(({ bytes }) =>
      names.get(bytes[0] | bytes[1] << 8)?.split("/")[0]
    ),
  );
  // These belong to the driver's own heartbeat.
  assertEquals([...kinds].filter((kind) => kind !== "timer"), []);
  console.log(
    `  ${found.equal} events of sched, timer and kmem as the kernel has them, ` +
      `${found.moved} behind what interrupted them, ` +
      `${found.missing.length} of the driver's own skipped`,
  );
}

async function filterTest(machine: Machine): Promise<void> {
  const { found } = await recordBoth(
    machine,
    `-f "bytes_req >= 512 && bytes_req < 5000" kmem:kmalloc`,
    workload(10),
  );
  assert(found.equal > 10, `${found.equal} entries`);
  assertEquals(found.missing, []);
  console.log(`  ${found.equal} events that passed a filter`);
}

/**
 * Tests kprobes. With a filter the kernel exports long entries without their
 * last 4 bytes.
 */
async function kprobeTest(machine: Machine): Promise<void> {
  const name = `/tmp/${"long-name-".repeat(20)}`;
  const { found } = await recordBoth(
    machine,
    // Arguments are given by number, because each processor has other names for
    // registers.
    `-k 'p:opened do_sys_openat2 dfd=$arg1:s32 file=+0($arg2):ustring' ` +
      `-f 'file ~ "/tmp/*"'`,
    `for i in 1 2 3 4 5 6 7 8; do cat ${name}$i /nothing 2>/dev/null; ` +
      `echo x > /tmp/$i; cat /tmp/$i > /dev/null; done`,
  );
  assert(found.equal >= 24, `${found.equal} entries`);
  const { messages } = readAll(machine.regionCopy());
  const long = messages.all.filter(({ text }) => text.includes(name));
  assertEquals(long.length, 8);
  long.forEach(({ text }, i) => {
    assert(text.endsWith(`${name}${i + 1}\0`), JSON.stringify(text));
  });
  const again = await machine.tryRun(`cat ${TRACEFS}/kprobe_events`);
  assertEquals(again.output.includes(":ivring/"), false, again.output);
}

/** Returns what the kernel prints of each pair of functions in the ring. */
function pairsInRing(machine: Machine): Set<string> {
  const pairs = new Set<string>();
  const reader = new RegionReader(machine.regionCopy());
  const sink: RecordSink = (record) => {
    const { id, bytes, payloadOffset, epoch } = record;
    if (id !== FUNCTION_ID) return;
    const symbols = reader.events.symbols(epoch);
    const view = new DataView(bytes.buffer, bytes.byteOffset + payloadOffset);
    const names = [8, 16].map((offset) => {
      const place = symbols?.find(view.getBigUint64(offset, true)) ?? null;
      return place === null ? "?" : symbolPlaceText(place, true);
    });
    pairs.add(names.join(" <-"));
  };
  while (reader.drain(sink).held);
  reader.finish(sink);
  assertEquals(reader.totals.corrupt, 0);
  return pairs;
}

/**
 * Functions have the names that the kernel itself prints. These are in the ring
 * since the test of stacks; an emulated guest takes ten seconds to pack them.
 */
async function namesTest(machine: Machine): Promise<void> {
  await machine.run(
    "sh ivring-trace start --no-symbols -b 1024 --function=vfs_read," +
      "vfs_write,vfs_open,do_exit,wake_up_new_task",
  );
  await machine.run(
    `echo 1 > ${INSTANCE}/options/sym-offset; ls / > /dev/null`,
  );
  await machine.run(`echo 0 > ${INSTANCE}/tracing_on`);
  const text = await machine.run(
    `sed -n 's/^.*[0-9]: \\([^ ]*+0x.*\\)$/\\1/p' ${INSTANCE}/trace | sort -u`,
  );
  await machine.run("sh ivring-trace stop");
  await checkNothingLeft(machine);
  const pairs = text.trim().split("\n").map((line) => line.trim());
  assert(pairs.length > 4, text);
  assertEquals([...pairsInRing(machine)].sort(), pairs.sort());
  console.log(`  ${pairs.length} pairs of functions, named as in the kernel`);
}

async function functionTest(machine: Machine): Promise<void> {
  const { architecture } = findKernel()!;
  const { found } = await recordBoth(
    machine,
    `--function=vfs_read,vfs_write,${architecture.systemCalls},*timer*`,
    `${workload(5)}; for i in 1 2 3; do ` +
      `echo from the top $i > ${TRACEFS}/trace_marker; ` +
      `echo from the instance $i > ${INSTANCE}/trace_marker; done`,
  );
  assert(found.equal > 1_000, `${found.equal} entries`);
  const { messages } = readAll(machine.regionCopy());
  const functions = kernelMessages(messages.all).filter(({ id }) => id === 1);
  assert(functions.length > 900, `${functions.length} function entries`);
  const markers = messages.all.flatMap(({ id, text }) =>
    id === 5 ? [text.slice(16).replace(/\n\0.*$/, "")] : []
  );
  assertEquals(
    markers.sort(),
    [1, 2, 3].flatMap((i) => [`from the top ${i}`, `from the instance ${i}`])
      .sort(),
  );
  console.log(
    `  ${functions.length} function entries, ${markers.length} markers`,
  );
}

vmTest("kernel events are in the ring as in the kernel", async (built, t) => {
  using folder = new TempFolder();
  const disk = await diskFiles(findKernel()!, folder.path);
  await using machine = await Machine.start({
    regions: [{ bytes: 64 * MIB }],
    files: { ...tracingFiles(built), ...disk },
    oneThread: true,
  });
  await machine.run(LOAD_TRACING);
  await t.step("names of tasks", () => taskNamesTest(machine));
  await t.step("stacks", () => stacksTest(machine));
  await t.step("sched, timer and kmem", () => eventsTest(machine));
  await t.step("past the kernel's buffer", () => leanTest(machine));
  await t.step("a filter", () => filterTest(machine));
  await t.step("a kprobe event, filtered", () => kprobeTest(machine));
  await t.step("names of functions", () => namesTest(machine));
  await t.step("functions and markers", () => functionTest(machine));
  assertEquals(await machine.faults(), []);
});
