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

/**
 * Tests that the ring lacks the driver's own events. Control: the kernel's own
 * recording has them.
 */
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
