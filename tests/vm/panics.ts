// SPDX-License-Identifier: MIT
/**
 * Makes kernels panic under load, and compares what comes through the region
 * line by line with the serial console.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { type LiveLine, readLive } from "../../ring/live.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { until } from "../support/temp_folder.ts";
import { withoutReplays } from "./console.ts";
import { assertSame, consoleLines, logLines } from "./klog.ts";
import { Machine } from "./machine.ts";
import { type Message, readAll } from "./messages.ts";
import { CPUS } from "./qemu.ts";
import { guestFiles } from "./support.ts";
import type { Built } from "./build.ts";

const MIB = 1 << 20;
/** Everything goes to the serial console, so that all of it can be compared. */
const PARAMETERS = "loglevel=8 printk.devkmsg=on";
/** The start of the last line that a panicking kernel prints. */
export const END = "---[ end Kernel panic - not syncing:";
/** A mark may be committed but not counted yet, or the other way round. */
const MARKS_OFF = 1;
/** How a kernel panics, and what must then be seen. */
export interface Scenario {
  /** What happens, for the test's name. */
  readonly name: string;
  /** Parameters of ivring_crash.ko. */
  readonly crash: string;
  /** What causes the panic, if the module alone does not. */
  readonly trigger?: string | ((machine: Machine) => Promise<void>);
  /** What the kernel must have printed. */
  readonly says: RegExp;
  /** Further kernel parameters. */
  readonly parameters?: string;
  /** Whether debug messages are kept from the console. */
  readonly hidesDebug?: boolean;
  /** The number of rings in which a write was cut off: at least, at most. */
  readonly takeovers: readonly [number, number];
  /** A CPU whose ring has to be among them. */
  readonly stands?: number;
}

/** What a guest has left after it panicked. */
export interface Left {
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
    // The serial console has it before the ring.
    await until("the ring has it", () => hasEnd(machine));
  } else {
    await machine.ended();
  }
  const buffer = machine.regionCopy();
  const { messages, totals } = readAll(buffer);
  const live = readLive(buffer, new RegionReader(buffer).info);
  const text = await machine.console();
  const console = withoutReplays(
    text.split("\n").filter((line) => line !== ""),
  );
  return { messages: messages.all, totals, live, console };
}

/** Returns how many marks of each CPU the panicking kernel counted. */
function countedMarks(lines: readonly string[]): number[] {
  const counts = lines.flatMap((line) => {
    const match = /cpu (\d+) has written (\d+) marks/.exec(line);
    return match === null ? [] : [[Number(match[1]), Number(match[2])]];
  });
  assertEquals(counts.map(([cpu]) => cpu), [...Array(CPUS).keys()]);
  return counts.map(([, count]) => count);
}

/** Checks that the marks of each CPU follow one another, up to the last one. */
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

function check(left: Left, scenario: Scenario): void {
  const { says, takeovers, hidesDebug, stands } = scenario;
  const { live, messages, totals, console } = left;
  const all = logLines(messages);
  const isDebug = ({ priority }: { priority: number }) => priority % 8 === 7;
  const ours = consoleLines(hidesDebug ? all.filter((e) => !isDebug(e)) : all);
  // What asks for a panic by SysRq shows on the console, whatever its level, also
  // what was to be printed before it.
  const hidden = new Set(hidesDebug ? consoleLines(all.filter(isDebug)) : []);
  const theirs = console.filter((line) => !hidden.has(line));
  // On arm64 the first line says on which CPU the kernel boots.
  assertStringIncludes(ours.slice(0, 2).join("\n"), "Linux version");
  assertSame(ours, theirs.slice(theirs.length - ours.length));
  const panic = /Kernel panic - not syncing: (.*)/.exec(ours.join("\n"));
  assert(panic !== null && says.test(ours.join("\n")), `${says}`);
  assertEquals(live.state, ABI.STATE_PANICKED);
  assertEquals(live.reason, ABI.REASON_PANIC);
  assertEquals(live.panicText, panic[1].slice(0, ABI.PANIC_TEXT_BYTES));
  checkMarks(left);
  const taken = messages.filter(({ id }) => id === ABI.ID_TAKEOVER);
  const found = taken.length;
  assert(stands === undefined || taken.some(({ cpu }) => cpu === stands));
  assert(
    found >= takeovers[0] && found <= takeovers[1],
    `${found} takeovers, not ${takeovers.join(" to ")}`,
  );
  assertEquals(totals.corrupt, 0);
  // A takeover gives up what was being written, and no more.
  assert(totals.lost <= found, `${totals.lost} lost, ${found} takeovers`);
}

/**
 * Boots a guest, makes it panic, and checks what it left.
 *
 * @param stays Whether the guest then stands still; by default it ends.
 */
export async function panicOf(
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
  // This is no kernel parameter, because a guest that dies while it boots is to
  // be booted again.
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
