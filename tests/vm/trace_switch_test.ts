// SPDX-License-Identifier: MIT
// Tracing switched on and off, driver and events coming and going meanwhile.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { vmTest } from "./support.ts";
import {
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

/** What a start leaves behind that fails, or a stop: nothing. */
async function checkNothingLeft(machine: Machine): Promise<void> {
  assertEquals((await counters(machine)).trace, 0);
  const left = await machine.run(
    `ls ${TRACEFS}/instances; cat ${TRACEFS}/kprobe_events ${TRACEFS}/set_event`,
  );
  assertEquals(left.trim(), "");
}

/** Arguments of `ivring-trace`, and what it has to say. */
const MISUSES: readonly [string, number, string][] = [
  ["", 2, "no command"],
  ["begin", 2, "there is no command begin"],
  ["start -x", 2, "there is no option -x"],
  ["start -f", 2, "-f needs a value"],
  ["-d nosuch start", 2, "not the name of a device"],
  ["-d ivring7 start sched", 1, "ivring7: no such device"],
  ["start sched:nosuch", 1, "there is no event sched:nosuch"],
  ["start nosuch", 1, "there are no events of a system nosuch"],
  ["start sched:../../x", 1, "is neither SYSTEM:NAME nor SYSTEM"],
  [
    "start -f 'nosuch > 1' sched:sched_switch",
    1,
    "sched:sched_switch: filter 'nosuch > 1': ",
  ],
  ["start -f 'nosuch > 1' sched:sched_switch", 1, "(Field not found)"],
  ["start -k 'p:x nosuch_function'", 1, "(Invalid probed address or symbol)"],
  ["start -k 'x'", 1, "does not begin with 'p:NAME ' or 'r:NAME '"],
  ["start -k 'p:a/b do_exit'", 1, "'a/b' is no name of an event"],
  [
    "start -k 'p:good do_exit' -k 'p:bad nosuch_function' sched",
    1,
    "-k 'p:bad nosuch_function': ",
  ],
  ["start --function=nosuch_function", 1, "--function: cannot write"],
];

async function misuseTest(machine: Machine): Promise<void> {
  for (const [args, code, says] of MISUSES) {
    const { status, output } = await machine.tryRun(`sh ivring-trace ${args}`);
    assertStringIncludes(output, says, args);
    assertEquals(status, code, args);
    await checkNothingLeft(machine);
  }
}

async function toggleTest(machine: Machine): Promise<void> {
  await machine.run("sh ivring-trace start sched kmem timer");
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
  const options = "--function=vfs_read,vfs_write sched timer";
  for (let round = 0; round < 2; round++) {
    await machine.run(`sh ivring-trace start ${options}`);
    await machine.run(`(${workload(4)}; touch /tmp/end) > /dev/null 2>&1 &`);
    // Its file stays open beyond the device's end.
    await machine.run(
      "sleep 0.3; exec 5> /dev/ivring0-meta; rmmod ivring 2> /tmp/busy && exit 1; " +
        "echo 0000:01:00.0 > /sys/bus/pci/drivers/ivring/unbind || exit 2; " +
        "cat /tmp/good >&5 && exit 3; exec 5>&-; rmmod ivring || exit 4; " +
        "test -e /dev/ivring0-meta && exit 5; " +
        "while [ ! -e /tmp/end ]; do sleep 0.1; done; rm /tmp/end; " +
        "insmod ivring.ko || exit 6",
    );
    // What the kernel records is not the driver's to stop.
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

/** Texts for /dev/ivring0-meta: how they are made, and what comes of it. */
const TEXTS: readonly [string, string][] = [
  ["printf 'system: a\\nname: b\\nID: 5\\n'", ""],
  ["printf 'system: a\\nname: b\\nID: 0\\n'", "Invalid argument"],
  ["printf 'name: b\\nID: 5\\n'", "Invalid argument"],
  ["printf 'system: a\\nname: b\\nID: 5\\nno end'", "Invalid argument"],
  [
    "printf 'system: a\\nname: b\\nID: 6\\n'; yes | head -c 65512",
    "",
  ],
  [
    "printf 'system: a\\nname: b\\nID: 6\\n'; yes | head -c 65514",
    "File too large",
  ],
];

async function metaTest(machine: Machine): Promise<void> {
  await machine.run(`printf 'system: a\\nname: b\\nID: 5\\n' > /tmp/good`);
  for (const [make, says] of TEXTS) {
    const before = (await counters(machine)).meta_used;
    const { status, output } = await machine.tryRun(
      `(${make}) > /tmp/text; dd if=/tmp/text of=/dev/ivring0-meta bs=70000`,
    );
    assertEquals(status === 0, says === "", make);
    assertStringIncludes(output, says);
    const { meta_used, meta_refused } = await counters(machine);
    assertEquals(meta_used > before, says === "", make);
    assertEquals(meta_refused, 0);
  }
  // The same text again is no news.
  const before = (await counters(machine)).meta_used;
  await machine.run("dd if=/tmp/good of=/dev/ivring0-meta");
  assertEquals((await counters(machine)).meta_used, before);
}

async function fullTest(machine: Machine): Promise<void> {
  const full = await machine.tryRun(
    "sh ivring-trace -d ivring1 start sched:sched_switch syscalls",
  );
  assertEquals(full.status, 1);
  assertStringIncludes(full.output, "no room for its format");
  const { meta_used, meta_size, meta_refused } = await counters(
    machine,
    "ivring1",
  );
  assertEquals(meta_refused, 1);
  assert(meta_used > meta_size / 2 && meta_used <= meta_size);
  await checkNothingLeft(machine);
  // What found room still holds.
  await machine.run("sh ivring-trace -d ivring1 start sched:sched_switch");
  await machine.run("ls > /dev/null; sh ivring-trace -d ivring1 stop");
  const { epoch } = await counters(machine, "ivring1");
  const events = namedEvents(machine.regionCopy(1))
    .filter((event) => event.epoch === epoch);
  const names = new Set(events.map(({ name }) => name));
  assertEquals([...names], ["sched:sched_switch"]);
}

async function twoDevicesTest(machine: Machine): Promise<void> {
  const numbers = async () => [
    (await counters(machine, "ivring0")).trace_exported,
    (await counters(machine, "ivring1")).trace_exported,
  ];
  const marker = (text: string) =>
    machine.run(`echo ${text} > ${TRACEFS}/trace_marker`);
  const before = await numbers();
  await machine.run("sh ivring-trace -d ivring0 start");
  await marker("only zero");
  await machine.run("sh ivring-trace -d ivring1 start");
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

/** A number that belonged to another event before. */
async function recycledTest(machine: Machine): Promise<void> {
  const id = `cat ${TRACEFS}/events/ivring/`;
  const ids: string[] = [];
  for (const name of ["first", "second"]) {
    const definition = `p:${name} do_sys_openat2 ${name}_arg=%di:s32`;
    await machine.run(`sh ivring-trace start -k '${definition}'`);
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
  await t.step("misuse is told", () => misuseTest(machine));
  await t.step("on and off under load", () => toggleTest(machine));
  await t.step("two devices", () => twoDevicesTest(machine));
  await t.step("a number used again", () => recycledTest(machine));
  await t.step("texts that are taken and refused", () => metaTest(machine));
  await t.step("unloaded while tracing", () => unloadTest(machine));
  await t.step("no room for texts", () => fullTest(machine));
  assertEquals(await machine.faults(), []);
  assertEquals(await machine.run(`ls ${INSTANCE} 2> /dev/null || true`), "");
});
