// SPDX-License-Identifier: MIT
// Compares the kernel log with the guest's own log.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { readLive } from "../../ring/live.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { assertSame, besideLog, logLines } from "./klog.ts";
import { Machine } from "./machine.ts";
import { type Message, readAll } from "./messages.ts";
import { guestFiles, LOAD, vmTest } from "./support.ts";

const MIB = 1 << 20;
const LINES = 300;
/** How many events a second the trace rings have to take meanwhile. */
const FLOOD = 10_000;
/** The most floods to try until one was that fast; the host may be busy. */
const FLOODS_MAX = 5;
/**
 * `quiet` keeps nearly everything from consoles; users may print without limit.
 */
const PARAMETERS = "quiet printk.devkmsg=on log_buf_len=4M";

const SAY = `for c in 0 1 2 3; do ./ivtest say $c ${LINES} & done; wait`;

/** Reads what a region holds now. */
function read(machine: Machine, region = 0) {
  const buffer = machine.regionCopy(region);
  const { messages, totals } = readAll(buffer);
  const { reason, state } = readLive(buffer, new RegionReader(buffer).info);
  return { messages: messages.all, totals, reason, state };
}

/**
 * Returns the events a second, by the guest's own clock, that are still in the
 * rings.
 */
function rateOf(messages: readonly Message[]): number {
  const events = messages.filter(({ id }) => id === ABI.ID_MESSAGE);
  const times = events.map(({ time }) => Number(time / 1000n));
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b));
  return events.length / ((last - first) / 1e6);
}

async function floodTest(machine: Machine): Promise<void> {
  // On each CPU a thread does nothing but write.
  await machine.run("insmod ivring_crash.ko marks=1");
  let rate = 0;
  for (let i = 0; i < FLOODS_MAX && rate < FLOOD; i++) {
    await machine.run(SAY);
    rate = rateOf(read(machine).messages);
  }
  await machine.run("rmmod ivring_crash");
  assert(rate >= FLOOD, `${rate} events a second`);
  const { guest, seen: after } = await besideLog(machine, () => read(machine));
  const ours = logLines(after.messages);
  assertSame(ours, guest);
  assertEquals(after.totals.corrupt, 0);
  assert(guest.length > 4 * LINES + 300, `${guest.length} lines`);
  console.log(
    `  ${ours.length} lines as in /dev/kmsg beside ${rate.toFixed(0)} events/s`,
  );
}

async function oopsTest(machine: Machine): Promise<void> {
  assertEquals(read(machine).reason, ABI.REASON_NONE);
  const { status } = await machine.tryRun('./ivtest kernel 1 "die 64"');
  assert(status !== 0, "the writer dies");
  const { guest, seen } = await besideLog(machine, () => read(machine));
  const { messages, reason, state } = seen;
  assertEquals(reason, ABI.REASON_OOPS);
  assertEquals(state, ABI.STATE_RUNNING);
  assertSame(logLines(messages), guest);
  const text = guest.map((line) => line.text).join("\n");
  // x86-64 and arm64 report an address that cannot exist with these words.
  assertMatch(text, /general protection fault|Unable to handle kernel paging/);
  assertStringIncludes(text, "---[ end trace");
}

vmTest("the kernel log beside a flood", async (built, t) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 16 * MIB }, { bytes: 16 * MIB }],
    parameters: PARAMETERS,
    files: guestFiles(built),
  });
  await machine.run(LOAD);
  await t.step("every line, once, in order", () => floodTest(machine));
  await t.step("the second region has it too", async () => {
    const { guest, seen } = await besideLog(machine, () => read(machine, 1));
    assertSame(logLines(seen.messages), guest);
  });
  assertEquals(await machine.faults(), []);
  await t.step("an oops that is survived", () => oopsTest(machine));
});
