// SPDX-License-Identifier: MIT
/**
 * Tests which way `ivring-trace` makes events go: past the kernel's own buffer,
 * or through it.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Machine } from "./machine.ts";
import {
  checkNothingLeft,
  counters,
  INSTANCE,
  namedEvents,
  TRACEFS,
} from "./tracing.ts";

/** What `ivring-trace status` says of events that go past the kernel's buffer. */
export const LEAN = "way: lean, past the kernel's own buffer";
const USUAL = "way: through the kernel's own buffer: ";
const BY_OPTION = `${USUAL}-b, an earlier start or an event asks for it`;
/** What an event has in the lean way. */
const ALWAYS = "common_pid >= 0";
const IDLE = "stacktrace:count=0";

/** Runs `ivring-trace`. @returns What it prints. */
const trace = (machine: Machine, args: string) =>
  machine.run(`sh ivring-trace ${args}`);
const start = (machine: Machine, args: string) =>
  trace(machine, `start --no-symbols --no-probes ${args}`);

/** Returns the lines of the status that say what is recorded, and which way. */
async function chosen(machine: Machine): Promise<string[]> {
  const status = await trace(machine, "status");
  return status.split("\n").filter((line) => /^(event|way):/.test(line)).sort();
}

/** Returns an event's filter, and its trigger or "". */
async function stateOf(machine: Machine, event: string): Promise<string[]> {
  const text = await machine.run(
    `cd ${INSTANCE}/events/${event.replace(":", "/")} && cat filter trigger`,
  );
  const [filter, trigger] = text.split("\n");
  return [filter, trigger.startsWith("#") ? "" : trigger];
}

/** Runs a command while an event's file refuses what is written to it. */
async function whileRefused(
  machine: Machine,
  file: string,
  command: () => Promise<void>,
): Promise<void> {
  const path = `${INSTANCE}/events/${file}`;
  await machine.run(
    `touch /tmp/empty && mount -o bind /tmp/empty ${path} && ` +
      `mount -o remount,bind,ro ${path}`,
  );
  await command();
  await machine.run(`umount ${path}`);
}

/** Starts that follow a lean one, and that fail, change nothing. */
async function failedStarts(machine: Machine): Promise<void> {
  await start(machine, "sched:sched_switch");
  await start(machine, "-f 'bytes_req >= 4096' kmem:kmalloc");
  const before = await chosen(machine);
  assertEquals(before, [
    "event: kmem:kmalloc if bytes_req >= 4096",
    "event: sched:sched_switch",
    LEAN,
  ]);
  const states = async () => [
    ...await stateOf(machine, "sched:sched_switch"),
    ...await stateOf(machine, "kmem:kmalloc"),
    ...await stateOf(machine, "timer:timer_start"),
  ];
  const had = await states();
  const mine = ["bytes_req >= 4096", IDLE];
  assertEquals(had, [ALWAYS, IDLE, ...mine, "none", ""]);
  const fails = async (args: string, says: string) => {
    const { status, output } = await machine.tryRun(
      `sh ivring-trace start --no-symbols --no-probes ${args}`,
    );
    assertEquals(status, 1, args);
    assertStringIncludes(output, says);
  };
  await fails("-f 'nosuch > 1' sched:sched_switch", "Field not found");
  await fails("-f 'nosuch > 1' kmem:kmalloc", "Field not found");
  await fails("--function=nosuch_function timer:timer_start", "--function");
  await whileRefused(
    machine,
    "timer/timer_start/enable",
    () => fails("timer:timer_start", "timer:timer_start: cannot write '1'"),
  );
  await fails("-k 'p:good do_exit' -k 'p:bad nosuch'", "-k 'p:bad nosuch'");
  assertEquals(await chosen(machine), before);
  assertEquals(await states(), had);
  const kprobes = await machine.run(`cat ${TRACEFS}/kprobe_events`);
  assertEquals(kprobes, "");
}

/** An event that cannot do without the kernel's buffer takes all with it. */
async function cannotBeLean(machine: Machine): Promise<void> {
  await whileRefused(machine, "timer/timer_cancel/trigger", async () => {
    const said = await start(
      machine,
      "timer:timer_expire_exit timer:timer_cancel",
    );
    assertStringIncludes(
      said,
      "timer:timer_cancel needs the kernel's own buffer",
    );
  });
  assertEquals(await chosen(machine), [
    "event: kmem:kmalloc if bytes_req >= 4096",
    "event: sched:sched_switch",
    "event: timer:timer_cancel",
    "event: timer:timer_expire_exit",
    BY_OPTION,
  ]);
  assertEquals(await stateOf(machine, "kmem:kmalloc"), [
    "bytes_req >= 4096",
    "",
  ]);
  assertEquals(await stateOf(machine, "sched:sched_switch"), ["none", ""]);
  assertEquals(await stateOf(machine, "timer:timer_cancel"), ["none", ""]);
  // The next start stays with it.
  await start(machine, "timer:timer_start");
  assertEquals(await stateOf(machine, "timer:timer_start"), ["none", ""]);
  await trace(machine, "stop");
  await checkNothingLeft(machine);
}

/** No event is lost while a later start makes all take the other way. */
async function switchTest(machine: Machine): Promise<void> {
  const rounds = 40;
  const each = 16;
  await machine.run("insmod ivring_nest.ko");
  await start(machine, "ivring_nest");
  const { epoch } = await counters(machine);
  const run = "/sys/module/ivring_nest/parameters/run";
  await machine.run(
    `(i=0; while [ $i -lt ${rounds} ]; do echo ${each} > ${run}; usleep 5000; ` +
      "i=$((i+1)); done; touch /tmp/nested) > /dev/null 2>&1 &",
  );
  await start(machine, "-b 64");
  assertStringIncludes((await chosen(machine)).join("\n"), BY_OPTION);
  await machine.run("while [ ! -e /tmp/nested ]; do usleep 10000; done");
  await trace(machine, "stop");
  await machine.run("rmmod ivring_nest; rm /tmp/nested");
  const names = namedEvents(machine.regionCopy())
    .filter((event) => event.epoch === epoch).map(({ name }) => name);
  for (const name of ["ivring_nest:ivring_outer", "ivring_nest:ivring_inner"]) {
    assertEquals(names.filter((n) => n === name).length, rounds * each, name);
  }
  await checkNothingLeft(machine);
}

/** What needs the kernel's buffer has it, and the status says why. */
async function reasonsTest(machine: Machine): Promise<void> {
  await start(machine, "");
  assertEquals(await chosen(machine), [`${USUAL}there are no events`]);
  await machine.run(`echo here > ${INSTANCE}/trace_marker`);
  await trace(machine, "stop");
  await start(machine, "--function=vfs_read sched:sched_switch");
  assertEquals(await chosen(machine), [
    "event: sched:sched_switch",
    `${USUAL}--function needs it`,
  ]);
  await trace(machine, "stop");
  await start(machine, "sched:sched_switch");
  await machine.run(`echo 1 > ${INSTANCE}/events/sched/sched_waking/enable`);
  await machine.run(`echo 0 > ${INSTANCE}/events/sched/sched_switch/enable`);
  assertEquals(await chosen(machine), [
    "event: sched:sched_waking, NOT RECORDED: it was enabled by hand; " +
    "ivring-trace start sched:sched_waking",
    LEAN,
  ]);
  await start(machine, "sched");
  const all = await chosen(machine);
  assertEquals(all.filter((line) => line.includes("NOT RECORDED")), []);
  await trace(machine, "stop");
  await checkNothingLeft(machine);
}

/** Tests all of this. */
export async function wayTest(machine: Machine): Promise<void> {
  await failedStarts(machine);
  await cannotBeLean(machine);
  await switchTest(machine);
  await reasonsTest(machine);
}
