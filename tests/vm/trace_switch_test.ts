// SPDX-License-Identifier: MIT
// Tracing is switched on and off while the driver and events come and go.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { diesLaterTest, diesTest } from "./dead_writer.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { vmTest } from "./support.ts";
import { wayTest } from "./trace_way.ts";
import {
  checkNothingLeft,
  counters,
  INSTANCE,
  kernelMessages,
  LOAD_TRACING,
  namedEvents,
  TRACEFS,
  tracingFiles,
  workload,
} from "./tracing.ts";

const MIB = 1 << 20;
const SWITCH = "/sys/class/misc/ivring0/trace";

async function toggleTest(machine: Machine): Promise<void> {
  await machine.run("sh ivring-trace start --no-symbols sched kmem timer");
  await machine.run(`(${workload(10)}; touch /tmp/done) > /dev/null 2>&1 &`);
  let switches = 0;
  for (let done = false; !done; switches += 20) {
    await machine.run(
      `for i in 1 2 3 4 5 6 7 8 9 10; do echo 0 > ${SWITCH}; ` +
        `echo 1 > ${SWITCH}; done`,
    );
    done = (await machine.tryRun("test -e /tmp/done")).status === 0;
  }
  await machine.run("sh ivring-trace stop");
  const { trace_exported } = await counters(machine);
  const { messages, totals } = readAll(machine.regionCopy());
  const { lost, dropped, corrupt } = totals;
  assertEquals({ lost, dropped, corrupt }, { lost: 0, dropped: 0, corrupt: 0 });
  assertEquals(kernelMessages(messages.all).length, trace_exported);
  assert(trace_exported > 100);
  await checkNothingLeft(machine);
  console.log(
    `  ${switches} switches under load, ${trace_exported} events in between`,
  );
}

async function unloadTest(machine: Machine): Promise<void> {
  const options = "--no-probes --function=vfs_read,vfs_write sched timer";
  await machine.run(`printf 'system: a\\nname: b\\nID: 5\\n' > /tmp/good`);
  for (let round = 0; round < 2; round++) {
    await machine.run(`sh ivring-trace start --no-symbols ${options}`);
    await machine.run(`(${workload(4)}; touch /tmp/end) > /dev/null 2>&1 &`);
    // The device's file stays open after the device has gone.
    await machine.run(
      "sleep 0.3; exec 5> /dev/ivring0-meta; rmmod ivring 2> /tmp/busy && exit 1; " +
        "echo 0000:01:00.0 > /sys/bus/pci/drivers/ivring/unbind || exit 2; " +
        "cat /tmp/good >&5 && exit 3; exec 5>&-; rmmod ivring || exit 4; " +
        "test -e /dev/ivring0-meta && exit 5; " +
        "while [ ! -e /tmp/end ]; do sleep 0.1; done; rm /tmp/end; " +
        "insmod ivring.ko || exit 6",
    );
    // The driver cannot stop what the kernel records.
    assertEquals((await counters(machine)).trace, 0);
    const status = await machine.run("sh ivring-trace status");
    assertStringIncludes(status, "not recording");
    assertStringIncludes(status, "event: sched:sched_switch");
    await machine.run("sh ivring-trace stop");
    await checkNothingLeft(machine);
  }
  const { totals } = readAll(machine.regionCopy());
  const { corrupt, dropped } = totals;
  assertEquals({ corrupt, dropped }, { corrupt: 0, dropped: 0 });
}

async function twoDevicesTest(machine: Machine): Promise<void> {
  const numbers = async () => [
    (await counters(machine, "ivring0")).trace_exported,
    (await counters(machine, "ivring1")).trace_exported,
  ];
  const marker = (text: string) =>
    machine.run(`echo ${text} > ${TRACEFS}/trace_marker`);
  const before = await numbers();
  await machine.run("sh ivring-trace -d ivring0 start --no-symbols");
  await marker("only zero");
  await machine.run("sh ivring-trace -d ivring1 start --no-symbols");
  await marker("both");
  await machine.run("sh ivring-trace -d ivring0 stop");
  await marker("only one");
  await machine.run("sh ivring-trace -d ivring1 stop");
  await marker("none");
  const after = await numbers();
  assertEquals(after.map((n, i) => n - before[i]), [2, 2]);
  const found = [0, 1].map((i) =>
    namedEvents(machine.regionCopy(i))
      .filter(({ name }) => name === "ftrace:print")
      .map(({ text }) => text.slice(16).replace(/\n\0.*$/, ""))
  );
  assertEquals(found, [["only zero", "both"], ["both", "only one"]]);
  await checkNothingLeft(machine);
}

/** Tests an event whose number belonged to another event before. */
async function recycledTest(machine: Machine): Promise<void> {
  const id = `cat ${TRACEFS}/events/ivring/`;
  const ids: string[] = [];
  for (const name of ["first", "second"]) {
    const definition = `p:${name} do_sys_openat2 ${name}_arg=%di:s32`;
    await machine.run(`sh ivring-trace start --no-symbols -k '${definition}'`);
    ids.push((await machine.run(`${id}${name}/id`)).trim());
    await machine.run("cat /proc/uptime > /dev/null; sh ivring-trace stop");
  }
  const names = namedEvents(machine.regionCopy())
    .filter((event) => ids.includes(String(event.id)))
    .map(({ name }) => name);
  const second = names.indexOf("ivring:second");
  assert(second > 0, `${names}`);
  assert(names.slice(0, second).every((name) => name === "ivring:first"));
  assert(names.slice(second).every((name) => name === "ivring:second"));
  console.log(
    `  ids ${ids.join(" and ")}: ${names.length} events, each by its own name`,
  );
}

vmTest("tracing is switched, and things come and go", async (built, t) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 64 * MIB }, { bytes: MIB }],
    files: tracingFiles(built),
    oneThread: true,
  });
  await machine.run(LOAD_TRACING);
  await t.step("on and off under load", () => toggleTest(machine));
  await t.step("two devices", () => twoDevicesTest(machine));
  await t.step("a number used again", () => recycledTest(machine));
  await t.step("which way events go", () => wayTest(machine));
  await t.step("unloaded while tracing", () => unloadTest(machine));
  assertEquals(await machine.faults(), []);
  assertEquals(await machine.run(`ls ${INSTANCE} 2> /dev/null || true`), "");
  // These leave oopses behind, so they are the last that the guest does.
  await machine.run("insmod ivring_test.ko");
  await t.step("a writer dies while tracing", () => diesTest(machine));
  await t.step(
    "a writer dies between parts, after an interrupt's message",
    () => diesLaterTest(machine),
  );
});
