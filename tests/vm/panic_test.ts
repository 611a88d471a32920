// SPDX-License-Identifier: MIT
// The last words: a kernel that panics under load, on every path a panic can
// take, compared line by line with its serial console.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { type LiveLine, readLive } from "../../ring/live.ts";
import { RegionReader } from "../../ring/reader.ts";
import { until } from "../support/temp_folder.ts";
import { assertSame, consoleLines, logLines } from "./klog.ts";
import { Machine } from "./machine.ts";
import { type Message, readAll } from "./messages.ts";
import { CPUS } from "./qemu.ts";
import { guestFiles, vmTest } from "./support.ts";
import type { Built } from "./build.ts";

const MIB = 1 << 20;
/** Everything goes to the serial console, so that there is all to compare. */
const PARAMETERS = "loglevel=8 printk.devkmsg=on";
const END = "---[ end Kernel panic - not syncing:";
/** A mark may be committed and not counted yet, or the other way round. */
const MARKS_OFF = 1;
/** Runs of `echo c > /proc/sysrq-trigger`. */
const RUNS = Number(Deno.env.get("IVRING_PANIC_RUNS") ?? 2);

interface Scenario {
  /** What happens. */
  readonly name: string;
  /** Parameters of ivring_crash.ko. */
  readonly crash: string;
  /** What makes it happen, if the module alone does not. */
  readonly trigger?: string | ((machine: Machine) => Promise<void>);
  /** What the kernel says, at least. */
  readonly says: RegExp;
  /** Further kernel parameters. */
  readonly parameters?: string;
  /** Whether messages for debugging are kept from the console. */
  readonly hidesDebug?: boolean;
  /** Rings in which a write was cut off: at least, at most. */
  readonly takeovers: readonly [number, number];
}

/** What a guest that has panicked left. */
interface Left {
  readonly messages: readonly Message[];
  readonly totals: RegionReader["totals"];
  readonly live: LiveLine;
  readonly console: readonly string[];
}

function hasEnd(machine: Machine): boolean {
  const { messages } = readAll(machine.regionCopy());
  const last = messages.all.findLast(({ id }) => id === ABI.ID_KLOG);
  return last?.text.includes(END) ?? false;
}

async function panicked(machine: Machine, stays: boolean): Promise<Left> {
  if (stays) {
    await machine.consoleSays(END);
    // The serial console has it first.
    await until("the ring has it", () => hasEnd(machine));
  } else {
    await machine.ended();
  }
  const buffer = machine.regionCopy();
  const { messages, totals } = readAll(buffer);
  const live = readLive(buffer, new RegionReader(buffer).info);
  const text = await machine.console();
  const console = text.split("\n").filter((line) => line !== "");
  return { messages: messages.all, totals, live, console };
}

/** Per CPU: the marks that were counted as written, by the panicking kernel. */
function countedMarks(lines: readonly string[]): number[] {
  const counts = lines.flatMap((line) => {
    const match = /cpu (\d+) has written (\d+) marks/.exec(line);
    return match === null ? [] : [[Number(match[1]), Number(match[2])]];
  });
  assertEquals(counts.map(([cpu]) => cpu), [...Array(CPUS).keys()]);
  return counts.map(([, count]) => count);
}

/** Every CPU's marks follow one another, up to those written last. */
function checkMarks(left: Left): void {
  const counted = countedMarks(left.console);
  for (let cpu = 0; cpu < CPUS; cpu++) {
    const marks = left.messages
      .filter(({ text }) => text.startsWith(`mark ${cpu} `))
      .map(({ text }) => Number(text.split(" ")[2]));
    const first = marks[0] ?? 0;
    assertSame(marks, marks.map((_, i) => first + i));
    const written = (marks.at(-1) ?? -1) + 1;
    const off = Math.abs(written - counted[cpu]);
    assert(
      off <= MARKS_OFF,
      `CPU ${cpu}: ${written} in the ring, ${counted[cpu]} counted`,
    );
  }
}

function check(left: Left, { says, takeovers, hidesDebug }: Scenario): void {
  const { live, messages, totals, console } = left;
  const all = logLines(messages);
  const shown = all.filter(({ priority }) => !hidesDebug || priority % 8 < 7);
  const ours = consoleLines(shown);
  assertStringIncludes(ours[0], "Linux version");
  assertSame(ours, console.slice(console.length - ours.length));
  const panic = /Kernel panic - not syncing: (.*)/.exec(ours.join("\n"));
  assert(panic !== null && says.test(ours.join("\n")), `${says}`);
  assertEquals(live.state, ABI.STATE_PANICKED);
  assertEquals(live.reason, ABI.REASON_PANIC);
  assertEquals(live.panicText, panic[1].slice(0, ABI.PANIC_TEXT_BYTES));
  checkMarks(left);
  const found = messages.filter(({ id }) => id === ABI.ID_TAKEOVER).length;
  assert(
    found >= takeovers[0] && found <= takeovers[1],
    `${found} takeovers, not ${takeovers.join(" to ")}`,
  );
  assertEquals(totals.corrupt, 0);
  // What a takeover gives up is what was being written, and no more.
  assert(totals.lost <= found, `${totals.lost} lost, ${found} takeovers`);
}

async function run(
  built: Built,
  scenario: Scenario,
  stays: boolean,
): Promise<Left> {
  const { crash, trigger, parameters = "", hidesDebug } = scenario;
  await using machine = await Machine.start({
    regions: [{ bytes: 4 * MIB }],
    parameters: `${PARAMETERS} ${parameters} ` +
      (hidesDebug ? "loglevel=7" : ""),
    monitor: true,
    files: guestFiles(built),
  });
  // Not as a parameter: who dies in its boot is to be booted again.
  if (stays) await machine.run("echo 0 > /proc/sys/kernel/panic");
  await machine.run("insmod ivring.ko");
  const load = `insmod ivring_crash.ko marks=1 ${crash}`;
  if (trigger === undefined) {
    await machine.send(load);
  } else {
    await machine.run(`${load}; sleep 0.3`);
    if (typeof trigger === "string") await machine.send(trigger);
    else await trigger(machine);
  }
  const left = await panicked(machine, stays);
  check(left, scenario);
  return left;
}

const SYSRQ: Scenario = {
  name: "sysrq",
  crash: "",
  trigger: "echo c > /proc/sysrq-trigger",
  says: /sysrq: Trigger a crash/,
  takeovers: [0, CPUS],
};

const KLOG = `kind=${ABI.KIND_KLOG}`;
const PRINT = "for i in 1 2 3 4 5; do echo line $i > /dev/kmsg; done";
/*
 * Recorded from an interrupt. One who stood still within a console's write would
 * hold the lock of all consoles, and the kernel would wait for it. All else is on
 * another CPU: a timer would not come where interrupts are off.
 */
const STAND = 'taskset 4 sh -c "' +
  "(taskset 2 sh -c 'for i in 1 2 3 4 5; do echo \\<7\\>line > /dev/kmsg; done'" +
  " &); until grep -q Y /sys/module/ivring_crash/parameters/stands; " +
  'do :; done; echo c > /proc/sysrq-trigger"';

const SCENARIOS: readonly Scenario[] = [
  {
    name: "between reserve and commit of a trace ring",
    crash: "",
    parameters: "oops=panic",
    // It faults on what it is to copy.
    trigger: "insmod ivring_test.ko && ./ivtest kernel 1 'die 64'",
    says: /RIP: 0010:memcpy/,
    takeovers: [1, CPUS],
  },
  {
    name: "between reserve and commit of a kernel message",
    crash: `at=ivring_ring_commit ${KLOG} nth=3`,
    trigger: PRINT,
    says: /ivring_crash: in ivring_ring_commit/,
    takeovers: [1, CPUS + 1],
  },
  {
    name: "when a kernel message is committed and not noted yet",
    crash: `at=ivring_ring_commit ${KLOG} nth=3 how=after`,
    trigger: PRINT,
    says: /ivring_crash: in ivring_ring_commit/,
    takeovers: [0, CPUS],
  },
  {
    name: "before a kernel message is reserved",
    crash: `at=ivring_ring_reserve ${KLOG} nth=3`,
    trigger: PRINT,
    says: /ivring_crash: in ivring_ring_reserve/,
    takeovers: [0, CPUS],
  },
  {
    name: "in a breakpoint's handler within a kernel message",
    crash: `at=ivring_ring_commit ${KLOG} nth=3 how=trap`,
    trigger: PRINT,
    says: /ivring_crash: trap in ivring_ring_commit/,
    takeovers: [1, CPUS + 1],
  },
  {
    name: "while another CPU stands within a kernel message",
    crash: `at=ivring_ring_commit ${KLOG} nth=3 how=spin`,
    trigger: STAND,
    hidesDebug: true,
    says: /sysrq: Trigger a crash/,
    takeovers: [1, CPUS + 1],
  },
  {
    name: "... with interrupts off",
    crash: `at=ivring_ring_commit ${KLOG} nth=3 how=spin-irqs-off`,
    trigger: STAND,
    hidesDebug: true,
    says: /sysrq: Trigger a crash/,
    takeovers: [1, CPUS + 1],
  },
  {
    name: "from an NMI",
    crash: "",
    parameters: "unknown_nmi_panic=1",
    trigger: (machine) => machine.monitor("nmi"),
    says: /NMI/,
    takeovers: [0, CPUS],
  },
];

vmTest("panic under load", async (built, t) => {
  for (let i = 0; i < RUNS; i++) {
    for (const stays of [false, true]) {
      const name = `sysrq c, panic=${stays ? 0 : -1}, run ${i + 1}`;
      await t.step(name, async () => {
        const { console: lines, messages } = await run(built, SYSRQ, stays);
        if (stays) assertStringIncludes(lines.at(-1) ?? "", END);
        console.log(
          `  ${lines.length} lines as on the console; ` +
            `${messages.length} records`,
        );
      });
    }
  }
});

for (const scenario of SCENARIOS) {
  vmTest(`panic ${scenario.name}`, async (built, t) => {
    for (const stays of [false, true]) {
      await t.step(`panic=${stays ? 0 : -1}`, async () => {
        await run(built, scenario, stays);
      });
    }
  });
}
