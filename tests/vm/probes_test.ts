// SPDX-License-Identifier: MIT
// Events that the driver records with probes of its own.
import { assert, assertEquals } from "@std/assert";
import { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { findKernel, isBuiltWith } from "./kernel.ts";
import { Machine } from "./machine.ts";
import { PROBES, recordBothWays } from "./probes_compare.ts";
import {
  filledTest,
  killedTest,
  leftTest,
  nestedTest,
} from "./probes_nested.ts";
import { vmTest } from "./support.ts";
import {
  checkNothingLeft,
  INSTANCE,
  LOAD_TRACING,
  TRACEFS,
  tracingFiles,
  workload,
} from "./tracing.ts";

const MIB = 1 << 20;
const SWITCH = "/sys/class/misc/ivring0/trace";

/** A kernel need not have all of these systems. */
const SYSTEMS = [
  ...["sched", "timer", "irq", "irq_vectors", "exceptions", "nmi", "workqueue"],
  ...["kmem", "power", "signal", "raw_syscalls", "task", "module", "writeback"],
  ...["block", "net", "skb", "sock", "tcp", "napi", "vmscan", "pagemap", "ipi"],
];

/** Causes events of most of them, also within interrupts and NMIs. */
const WORK = [
  "ifconfig lo up; ping -c 2 127.0.0.1 > /dev/null",
  "echo l > /proc/sysrq-trigger; sleep 1000 & kill -TERM $!",
  "insmod ivring_test.ko; taskset 2 ./ivtest stream 300; rmmod ivring_test",
  workload(4),
].join("; ");

const FLAG_NMI = 0x40;

async function bothWaysTest(machine: Machine): Promise<void> {
  const found = await recordBothWays(machine, SYSTEMS, WORK);
  const idOf = (text: string) => text.charCodeAt(0) | text.charCodeAt(1) << 8;
  const counts = new Map<string, number>();
  let nmis = 0;
  for (const [, { text }] of found.pairs) {
    const name = found.names.get(idOf(text))!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (text.charCodeAt(2) & FLAG_NMI) nmis++;
  }
  for (
    const name of [
      ...[
        "sched:sched_switch",
        "sched:sched_process_exec",
        "irq:softirq_raise",
      ],
      ...["timer:hrtimer_start", "raw_syscalls:sys_enter", "kmem:kmalloc"],
      ...[
        "signal:signal_generate",
        "net:netif_rx",
        "workqueue:workqueue_execute_start",
      ],
    ]
  ) assert((counts.get(name) ?? 0) > 0, `no ${name}`);
  assert(found.pairs.length > 5_000, `${found.pairs.length} records`);
  if (found.names.values().some((name) => name === "nmi:nmi_handler")) {
    assert(nmis > 0, "no record was made in an NMI");
  }
  const missing = found.missing.map(({ bytes }) =>
    found.names.get(bytes[0] | bytes[1] << 8)!.split(":")[0]
  );
  assertEquals(
    missing.filter((system) => !["timer", "workqueue"].includes(system)),
    [],
  );
  console.log(
    `  ${found.pairs.length} records of ${counts.size} events as the kernel has them, ` +
      `${nmis} of them made in NMIs, ${found.moved} behind what interrupted ` +
      `them, ${found.migrated} on another CPU or changed in between; ` +
      `${found.missing.length} of the driver's own skipped`,
  );
}

/** Writes anything anywhere in a guest's memory that is shared with the host. */
function scribble(memory: ArrayBuffer): void {
  for (let i = 0; i < 200; i++) {
    const bytes = crypto.getRandomValues(new Uint8Array(4096));
    const at = Math.floor(Math.random() * (memory.byteLength - bytes.length));
    // The headers lie at the beginning.
    new Uint8Array(memory).set(bytes, i % 2 === 0 ? at : at % (256 << 10));
  }
}

/** The host writes what it likes to the memory while probes run. */
async function scribbledTest(machine: Machine): Promise<void> {
  const faults = (await machine.faults()).length;
  using libc = new Libc();
  const [name] = machine.regionNames;
  using shared = SharedMemory.open(libc, name, { writable: true });
  const memory = shared.writablePart(0, shared.bytes);
  await machine.run(
    `for event in sched:sched_switch sched:sched_process_exec ` +
      `sched:sched_process_fork irq:softirq_raise kmem:kmalloc kmem:kfree ` +
      `raw_syscalls:sys_enter; do echo $event > ${PROBES}; done; ` +
      `echo 1 > ${SWITCH}; (${
        workload(6)
      }; touch /tmp/done) > /dev/null 2>&1 &`,
  );
  let scribbled = 0;
  for (let done = false; !done;) {
    for (let i = 0; i < 20; i++) scribble(memory);
    scribbled += 20;
    done = (await machine.tryRun("test -e /tmp/done")).status === 0;
  }
  await machine.run(
    `echo 0 > ${SWITCH}; echo 0 > ${PROBES}; rmmod ivring_tap_test ivring`,
  );
  assertEquals((await machine.faults()).length, faults);
  new Uint8Array(memory).fill(0);
  await machine.run("insmod ivring.ko; insmod ivring_tap_test.ko");
  console.log(`  scribbled over the region ${scribbled} times`);
}

/** What `ivring-trace` chooses for an event, and what that leaves. */
async function commandTest(machine: Machine): Promise<void> {
  const trace = (args: string) => machine.run(`sh ivring-trace ${args}`);
  const fails = async (args: string) => {
    const { status } = await machine.tryRun(`sh ivring-trace ${args}`);
    assertEquals(status, 1, args);
  };
  const start = "start --no-symbols";
  const chosen = async () =>
    (await trace("status")).split("\n")
      .filter((line) => line.startsWith("event:")).sort();
  const probed = (name: string) => `event: ${name}, by a probe`;
  const both = [probed("irq:irq_handler_entry"), probed("sched:sched_switch")];
  await trace(`${start} irq:irq_handler_entry sched:sched_switch`);
  assertEquals(await chosen(), both);
  // A start that fails changes nothing.
  await fails(`${start} -f 'nosuch > 1' sched:sched_switch`);
  await fails(`${start} --function=nosuch_function timer:timer_start`);
  await fails(`${start} -k 'p:bad nosuch' timer:timer_start`);
  assertEquals(await chosen(), both);
  // A filter is the kernel's, and so is an event that has no probe.
  await trace(`${start} -f 'prev_pid > 0' sched:sched_switch`);
  await trace(`${start} kmem:rss_stat`);
  // These go past the kernel's buffer, although there were only probes before.
  const ways = () =>
    machine.run(
      `cd ${INSTANCE} && cat tracing_on events/sched/sched_switch/trigger ` +
        "events/kmem/rss_stat/trigger events/kmem/rss_stat/filter",
    );
  const idle = "stacktrace:count=0\n";
  assertEquals(await ways(), `0\n${idle}${idle}common_pid >= 0\n`);
  const filtered = "event: sched:sched_switch if prev_pid > 0";
  assertEquals(await chosen(), [both[0], "event: kmem:rss_stat", filtered]);
  await trace(`${start} --stack sched:sched_waking`);
  const stacked = `${probed("sched:sched_waking")}, with the stack`;
  assertEquals(
    await chosen(),
    ["event: kmem:rss_stat", both[0], stacked, filtered].sort(),
  );
  // -b is for all.
  await trace(`${start} -b 64`);
  const [recording] = (await ways()).split("\n");
  assertEquals(recording, "1");
  assertEquals(
    await chosen(),
    [
      "event: irq:irq_handler_entry",
      "event: kmem:rss_stat",
      filtered,
      "event: sched:sched_waking, with the stack",
    ].sort(),
  );
  await trace("stop");
  await checkNothingLeft(machine);
  assertEquals(await machine.run(`cat ${PROBES}`), "");
}

/** The device goes while its probes are attached. */
async function removedTest(machine: Machine): Promise<void> {
  await machine.run(
    `(${workload(4)}; touch /tmp/end) > /dev/null 2>&1 & ` +
      `for event in sched:sched_switch timer:hrtimer_start kmem:kfree ` +
      `raw_syscalls:sys_exit; do echo $event > ${PROBES}; done; ` +
      `echo 1 > ${SWITCH}; sleep 0.3; rmmod ivring_tap_test; rmmod ivring; ` +
      "while [ ! -e /tmp/end ]; do sleep 0.1; done; insmod ivring.ko; " +
      "insmod ivring_tap_test.ko",
  );
  assertEquals(await machine.run(`cat ${PROBES}`), "");
  const refused = await machine.tryRun(`echo sched:nosuch > ${PROBES}`);
  assertEquals(refused.status === 0, false);
  for (const bad of ["sched", ":", "-", "sched:", ":sched_switch", "1"]) {
    const { status } = await machine.tryRun(`echo ${bad} > ${PROBES}`);
    assertEquals(status === 0, false, bad);
  }
  assertEquals(await machine.run(`cat ${PROBES}`), "");
  assertEquals(await machine.run(`cat ${TRACEFS}/set_event`), "");
}

vmTest("events recorded with probes of the driver's own", async (built, t) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 64 * MIB }],
    files: { ...tracingFiles(built), "ivring_tap_test.ko": built.tapTestKo },
    oneThread: true,
  });
  await machine.run(`${LOAD_TRACING}; insmod ivring_tap_test.ko`);
  await t.step("both ways at once", () => bothWaysTest(machine));
  await t.step("interrupted in the middle", () => nestedTest(machine));
  // Without that count the driver cannot know, and the room stays taken.
  if (isBuiltWith(findKernel()!, "PREEMPT_COUNT")) {
    await t.step("left in the middle", () => leftTest(machine));
  }
  await t.step("more than there is room for", () => filledTest(machine));
  await t.step("the command's choice", () => commandTest(machine));
  await t.step("the device goes", () => removedTest(machine));
  // The kernel prints a trace of each CPU's calls when it is asked to, which is how NMIs
  // were made. What it prints of a fault has other lines as well.
  assertEquals(
    (await machine.faults()).filter((line) => !line.endsWith("Call Trace:")),
    [],
  );
  await t.step("a host that scribbles", () => scribbledTest(machine));
  await t.step("a task dies in the middle", () => killedTest(machine));
});
