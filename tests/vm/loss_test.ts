// SPDX-License-Identifier: MIT
// The ring is overwritten several times: every record is delivered or counted.
import { assert, assertEquals } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { killIfRunning } from "../support/processes.ts";
import { LineReader } from "./line_reader.ts";
import { Machine } from "./machine.ts";
import { CPUS } from "./qemu.ts";
import { Follower, type Messages, readAll } from "./messages.ts";
import { figureOf, startReader } from "./reader_process.ts";
import { checkStreams } from "./stream.ts";
import { guestFiles, parseFigures, vmTest } from "./support.ts";

const READER_MS = 60_000;
/** The region's size, of which each ring gets 1.75 MiB. */
const REGION_BYTES = 8 << 20;
/**
 * On x86-64 the kernel settles on its clock some seconds after the boot, and patches
 * itself for it. Under emulation, a CPU that reads the clock at that moment may die of
 * that.
 */
const SETTLED = "[ $(uname -m) != x86_64 ] || until grep -qx tsc " +
  "/sys/devices/system/clocksource/clocksource0/current_clocksource; " +
  "do usleep 9999; done";
/** In the largest blocks no message of the streams has to be split. */
const LOAD = "insmod ivring.ko block_bytes=65536 && insmod ivring_test.ko";
/** About 6 MB on each CPU: each ring is overwritten three times. */
const COUNT = 25_000;

/**
 * Half of it goes through the device, half comes from the module, also in
 * interrupts.
 */
const FLOOD = `for c in 0 1; do ./ivtest user $c ${COUNT} & done; ` +
  `for c in 2 3; do ./ivtest kernel $c "stream ${COUNT}" & done; wait`;

/**
 * Returns how many messages, each of which is one record, each CPU wrote
 * according to the guest.
 */
function writtenByCpu(output: string): Map<number, number> {
  return new Map(
    parseFigures(output).map((figures) => {
      const { user = 0, task = 0, timer = 0, irq_work = 0 } = figures;
      assertEquals(figures.failed ?? 0, 0);
      return [figures.cpu, user + task + timer + irq_work];
    }),
  );
}

/**
 * Checks each ring exactly: the records after the gap are the last ones
 * written.
 */
function checkRings(
  messages: Messages,
  written: ReadonlyMap<number, number>,
): number {
  const counts = messages.countByCpu();
  let absent = 0;
  for (const [cpu, total] of written) {
    const delivered = counts.get(cpu) ?? 0;
    assertEquals(messages.last.get(cpu)?.seq, total - 1, `CPU ${cpu}`);
    assert(delivered > 0 && delivered < total / 2, `CPU ${cpu}: overwritten`);
    absent += total - delivered;
  }
  return absent;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((a, b) => a + b, 0);
}

async function nobodyReading(machine: Machine): Promise<void> {
  const written = writtenByCpu(await machine.run(FLOOD));
  const { messages, totals } = readAll(machine.regionCopy());
  assertEquals(written.size, CPUS);
  assertEquals(checkRings(messages, written), totals.missed);
  assertEquals(totals.lost + totals.dropped + totals.corrupt, 0);
  assertEquals(totals.records, messages.all.length, "none in parts");
  const delivered = messages.traced.length;
  assertEquals(sum(written.values()), delivered + totals.missed);
  checkStreams(messages.written, "anywhere");
  console.log(
    `  ${sum(written.values())} written = ${delivered} delivered + ` +
      `${totals.missed} missed, exact per ring`,
  );
}

async function stoppedReader(machine: Machine): Promise<void> {
  using follower = new Follower(machine.regionNames[0]);
  follower.catchUp();
  const before = new Map(
    [...follower.messages.last].map(([cpu, { seq }]) => [cpu, seq + 1]),
  );
  const { missed } = follower.totals;
  const records = follower.messages.traced.length;
  const flood = writtenByCpu(await machine.run(FLOOD));
  follower.stop();
  const { totals, messages } = follower;
  assertEquals(totals.records, messages.all.length, "none in parts");
  const since = messages.traced.slice(records);
  let lost = 0;
  for (const [cpu, count] of flood) {
    const from = before.get(cpu) ?? 0;
    const own = since.filter((m) => m.cpu === cpu);
    assertEquals(own.at(-1)?.seq, from + count - 1, `CPU ${cpu}`);
    assert(own.length > 0 && own.length < count / 2, `CPU ${cpu}: overwritten`);
    assertEquals(own[0].seq, from + count - own.length, `CPU ${cpu}`);
    lost += count - own.length;
  }
  assertEquals(totals.lost, lost);
  assertEquals(totals.missed, missed);
  assertEquals(totals.dropped + totals.corrupt, 0);
  assertEquals(sum(flood.values()), since.length + lost);
  checkStreams(since, "anywhere");
  console.log(
    `  ${sum(flood.values())} written = ${since.length} delivered + ` +
      `${lost} lost, exact per ring`,
  );
}

/** Returns the records of the region's whole life, as the rings count them. */
function writtenEver(machine: Machine): { all: number; klogRing: number } {
  const { totals, messages } = readAll(machine.regionCopy());
  const klogRing = messages.last.get(ABI.CPU_NONE);
  assert(klogRing, "the kernel log");
  return { all: totals.records + totals.missed, klogRing: klogRing.seq + 1 };
}

async function stoppedCommand(machine: Machine): Promise<void> {
  const name = machine.regionNames[0];
  const args = ["-s", `/${name}`, "--event", "message"];
  const reader = startReader(args, "piped");
  const stdout = new LineReader(reader.stdout);
  const stderr = new Response(reader.stderr).text();
  try {
    await machine.run("echo here > /dev/ivring0");
    const { before } = await stdout.until("here", READER_MS);
    reader.kill("SIGSTOP");
    const flood = sum(writtenByCpu(await machine.run(FLOOD)).values());
    reader.kill("SIGCONT");
    // What the reader ends with is then all that there will ever be.
    await machine.run("rmmod ivring_test ivring");
    reader.kill("SIGINT");
    const after = await stdout.rest(READER_MS);
    const { code } = await reader.status;
    const said = await stderr;
    assertEquals(code, 0, said);
    const [records, lost, missed, dropped, corrupt] = [
      "records",
      "lost",
      "missed",
      "dropped",
      "corrupt",
    ]
      .map((count) => figureOf(said, count));
    const lines = (before + after).split("\n").length - 1;
    const { all, klogRing } = writtenEver(machine);
    assertEquals(records - klogRing, lines + 1, "every message is a line");
    assertEquals(records + lost + missed + dropped, all);
    assertEquals([dropped, corrupt], [0, 0]);
    assert(lost > flood / 2, `only ${lost} lost`);
    console.log(
      `  stopped by SIGSTOP while ${flood} were written: ${records} lines, ` +
        `${lost} lost, ${missed} missed`,
    );
  } finally {
    killIfRunning(reader);
    await reader.status;
    await stdout.close();
    await stderr;
  }
}

vmTest("a ring overwritten several times", async (built, t) => {
  await using machine = await Machine.start({
    regions: [{ bytes: REGION_BYTES }],
    tscReliable: true,
    files: guestFiles(built),
  });
  await machine.run(SETTLED);
  await machine.run(LOAD);
  await t.step("nobody reading: missed", () => nobodyReading(machine));
  await t.step("a stopped reader: lost", () => stoppedReader(machine));
  await t.step("ivring_reader stopped", () => stoppedCommand(machine));
  assertEquals(await machine.faults(), []);
});
