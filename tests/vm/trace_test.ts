// SPDX-License-Identifier: MIT
// What the kernel records of itself, against what comes through the ring.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { vmTest } from "./support.ts";
import {
  compareEntries,
  type Comparison,
  contextLevel,
  counters,
  INSTANCE,
  kernelEntries,
  kernelMessages,
  LOAD_TRACING,
  MONOTONIC,
  TRACEFS,
  tracingFiles,
  workload,
} from "./tracing.ts";

const MIB = 1 << 20;

function start(built: Parameters<typeof tracingFiles>[0]): Promise<Machine> {
  return Machine.start({
    regions: [{ bytes: 64 * MIB }],
    files: tracingFiles(built),
    oneThread: true,
    monitor: true,
  });
}

/**
 * Records under both, compares, and checks that every difference was meant.
 *
 * @returns With the counters' growth.
 */
async function recordBoth(
  machine: Machine,
  options: string,
  work: string,
): Promise<{ found: Comparison; names: Map<number, string> }> {
  const before = await counters(machine);
  const region = readAll(machine.regionCopy());
  await machine.run(`${MONOTONIC} && sh ivring-trace start -b 4096 ${options}`);
  await machine.run(work);
  // An event with a filter is exported even where tracing is off; a change of
  // the tracer empties the buffer.
  const filtered = options.includes("-f ");
  const off = filtered ? "events/enable" : "tracing_on";
  await machine.run(`echo 0 > ${INSTANCE}/${off}`);
  const after = await counters(machine);
  const entries = await kernelEntries(machine);
  const { messages, totals } = readAll(machine.regionCopy());
  const { lost, dropped, missed, corrupt } = totals;
  assertEquals({ lost, dropped, missed, corrupt }, {
    lost: 0,
    dropped: 0,
    missed: 0,
    corrupt: 0,
  });
  const all = kernelMessages(messages.all)
    .slice(kernelMessages(region.messages.all).length);
  assertEquals(all.length, after.trace_exported - before.trace_exported);
  // The top level's markers are in its own buffer.
  const markers = all.filter(({ text }) => text.includes("from the top"));
  const found = compareEntries(
    entries,
    all.filter((message) => !markers.includes(message)),
    filtered,
  );
  assertEquals(
    found.missing.length,
    after.trace_skipped - before.trace_skipped,
  );
  const status = await machine.run("sh ivring-trace status");
  assertStringIncludes(status, "dropped by the kernel: 0");
  const names = new Map<number, string>();
  for (const line of (await machine.run(ID_LIST)).trim().split("\n")) {
    const [name, id] = line.split(" ");
    names.set(Number(id), name);
  }
  await machine.run("sh ivring-trace stop");
  assertEquals((await counters(machine)).trace, 0);
  assertEquals((await machine.tryRun(`test -e ${INSTANCE}`)).status, 1);
  return { found, names };
}

const ID_LIST = `cd ${TRACEFS}/events && grep -H "" */*/id | ` +
  `sed "s|/id:| |"`;

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
  // Of the driver's own heartbeat.
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

/** With a filter the kernel exports long entries without their last 4 bytes. */
async function kprobeTest(machine: Machine): Promise<void> {
  const name = `/tmp/${"long-name-".repeat(20)}`;
  const { found } = await recordBoth(
    machine,
    `-k 'p:opened do_sys_openat2 dfd=%di:s32 file=+0(%si):ustring' ` +
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
  const { found } = await recordBoth(
    machine,
    "--function=vfs_read,vfs_write,__x64_sys_*,*timer*",
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

/** Control: the kernel's own recording has what the ring must not. */
async function feedbackTest(machine: Machine): Promise<void> {
  const beats = () =>
    new DataView(machine.regionCopy()).getBigUint64(2056, true);
  const symbols = await machine.run(
    "grep '\\[ivring\\]$' /proc/kallsyms | cut -d' ' -f1 | sort",
  );
  const addresses = symbols.trim().split("\n").map((a) => BigInt(`0x${a}`));
  const first = addresses[0];
  const last = addresses[addresses.length - 1];
  const isOurs = (bytes: Uint8Array) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 8; at + 8 <= bytes.length; at += 8) {
      const word = view.getBigUint64(at, true);
      if (word >= first && word <= last) return true;
    }
    return false;
  };
  const before = beats();
  const { found } = await recordBoth(
    machine,
    "workqueue timer irq_vectors",
    "for i in 1 2 3 4 5; do sleep 1; echo note $i > /dev/kmsg; done",
  );
  assert(beats() - before >= 3n, "heartbeats meanwhile");
  assert(found.missing.length > 10, "what the driver did");
  assert(found.missing.some(({ bytes }) => isOurs(bytes)), "the control");
  const { messages } = readAll(machine.regionCopy());
  const ours = kernelMessages(messages.all).filter(({ id, text }) =>
    id > 20 && isOurs(Uint8Array.from(text, (c) => c.charCodeAt(0)))
  );
  assertEquals(ours.length, 0);
  const notes = messages.all.filter(({ id, text }) =>
    id === ABI.ID_KLOG && text.includes("note ")
  );
  assertEquals(notes.length, 5);
  console.log(`  ${found.missing.length} events of the driver's own, none in`);
}

async function nmiTest(machine: Machine): Promise<void> {
  await machine.run(
    `${MONOTONIC} && sh ivring-trace start sched timer kmem nmi`,
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

vmTest("kernel events are in the ring as in the kernel", async (built, t) => {
  await using machine = await start(built);
  await machine.run(LOAD_TRACING);
  await t.step("sched, timer and kmem", () => eventsTest(machine));
  await t.step("a filter", () => filterTest(machine));
  await t.step("a kprobe event, filtered", () => kprobeTest(machine));
  await t.step("functions and markers", () => functionTest(machine));
  await t.step(
    "the driver's own work is left out",
    () => feedbackTest(machine),
  );
  await t.step("NMIs", () => nmiTest(machine));
  assertEquals(await machine.faults(), []);
});
