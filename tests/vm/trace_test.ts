// SPDX-License-Identifier: MIT
// Compares what the kernel itself records with what comes through the ring.
import { assert, assertEquals } from "@std/assert";
import { findKernel } from "./kernel.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { vmTest } from "./support.ts";
import { recordBoth } from "./trace_compare.ts";
import {
  INSTANCE,
  kernelMessages,
  LOAD_TRACING,
  TRACEFS,
  tracingFiles,
  workload,
} from "./tracing.ts";

const MIB = 1 << 20;

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
  await using machine = await Machine.start({
    regions: [{ bytes: 64 * MIB }],
    files: tracingFiles(built),
    oneThread: true,
  });
  await machine.run(LOAD_TRACING);
  await t.step("sched, timer and kmem", () => eventsTest(machine));
  await t.step("a filter", () => filterTest(machine));
  await t.step("a kprobe event, filtered", () => kprobeTest(machine));
  await t.step("functions and markers", () => functionTest(machine));
  assertEquals(await machine.faults(), []);
});
