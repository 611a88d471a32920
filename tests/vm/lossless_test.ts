// SPDX-License-Identifier: MIT
// If a guest writes faster than its consumer reads, it drops records and counts
// them, but overwrites nothing that is unread.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { readHeader } from "../../ring/header.ts";
import {
  ABI,
  HOST,
  LIVE,
  REGION_HEADER,
  RING_DESC,
  RING_LIVE,
} from "../../ring/layout.ts";
import { ReaderProgram, runReader } from "../support/reader_program.ts";
import { readIfThere, TempFolder, until } from "../support/temp_folder.ts";
import { logLines } from "./klog.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { CPUS } from "./qemu.ts";
import { figureOf } from "./reader_process.ts";
import { parseStream, streamText } from "./stream.ts";
import { guestFiles, parseFigures, vmTest } from "./support.ts";

/** How long the guest writes each time. */
const SECONDS = Number(Deno.env.get("IVRING_LOSSLESS_SECONDS") ?? 10);
/**
 * The region's size, of which each ring gets 1.5 MiB; a CPU fills it within a
 * second.
 */
const REGION_BYTES = 8 << 20;
/** In the largest blocks no message of the streams has to be split. */
const LOAD = "insmod ivring.ko block_bytes=65536 mode=lossless " +
  "consumer_timeout=120";
const FOLDER = "/sys/class/misc/ivring0";
const FLOOD = `rm -f /tmp/stop; (sleep ${SECONDS}; touch /tmp/stop) & ` +
  "for c in 0 1 2 3; do ./ivtest until $c /tmp/stop 0 & done; wait";
/** How long the consumer is stopped, and how long it then runs. */
const TURN_MS = 300;
/** The longest time that a consumer reads before it is killed. */
const LIFE_MS = 1000;
const BOUNDED = ["lossless", ABI.MODE_LOSSLESS] as const;
const UNCONSUMED = [
  "lossless (no consumer: overwriting)",
  ABI.MODE_UNCONSUMED,
] as const;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A consumer with its files. */
class Files {
  readonly log: string;
  readonly #args: readonly string[];

  /** @param what Options that say what is printed, and how. */
  constructor(
    name: string,
    folder: TempFolder,
    stem: string,
    what: readonly string[] = ["--event", "message"],
  ) {
    this.log = folder.at(`${stem}.log`);
    const cursor = ["--cursor-file", folder.at("cursor")];
    const which = ["-s", name, "--lossless", ...what];
    this.#args = [...which, "-f", this.log, "-S", "4096", ...cursor];
  }

  /** Starts a consumer, and waits until the guest can see it. */
  async consumer(machine: Machine): Promise<ReaderProgram> {
    const before = beat(machine);
    const reader = new ReaderProgram(...this.#args);
    await until("it consumes", () => beat(machine) !== before);
    return reader;
  }
}

/** Returns the counter that a consumer changes while it lives. */
function beat(machine: Machine): bigint {
  return machine.look((buffer) => {
    const view = new DataView(buffer);
    const page = view.getUint32(REGION_HEADER.hostOffset, true);
    return view.getBigUint64(page + HOST.beat, true);
  });
}

/** Waits until the driver reports this mode, and the region has its code. */
async function modeIs(
  machine: Machine,
  wanted: string,
  code: number,
): Promise<void> {
  const said = `${wanted}\n`;
  await until(
    wanted,
    async () => await machine.run(`cat ${FOLDER}/mode`) === said,
  );
  const view = new DataView(machine.regionCopy());
  const live = view.getUint32(REGION_HEADER.liveOffset, true);
  assertEquals(view.getUint32(live + LIVE.mode, true), code);
}

/**
 * Lets the consumer read to the end.
 *
 * @returns What it prints at its end.
 */
async function ending(reader: ReaderProgram): Promise<string> {
  reader.kill("SIGTERM");
  const said = (await reader.stderr.rest()).join("\n");
  assertEquals(await reader.ended(), 0, said);
  return said;
}

/**
 * Counts the messages of each CPU in a file. They must be in order, and none
 * twice.
 */
async function deliveredByCpu(path: string): Promise<number[]> {
  const counts = Array<number>(CPUS).fill(0);
  const next = Array<number>(CPUS).fill(0);
  using file = await Deno.open(path);
  // The file is read line by line, because what is written in a minute may not
  // fit into one string.
  const lines = file.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    const at = parseStream(line);
    assert(at !== null, `a line of no stream: ${line}`);
    const { cpu, source, n } = at;
    assert(n >= next[cpu], `CPU ${cpu}: ${n} after ${next[cpu] - 1}`);
    assertEquals(`${line}\n`, streamText(cpu, source, n));
    next[cpu] = n + 1;
    counts[cpu]++;
  }
  return counts;
}

/** Returns the drops of all rings as the driver counts them. */
async function drops(machine: Machine): Promise<number> {
  const rings = await machine.run(`cat ${FOLDER}/rings`);
  return [...rings.matchAll(/ drops (\d+)/g)]
    .reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Returns the drops of all rings as the region counts them. */
function dropsNow(machine: Machine): number {
  return machine.look((buffer) => {
    const view = new DataView(buffer);
    return readHeader(buffer)!.rings.reduce((sum, { descOffset }) => {
      const at = descOffset + RING_DESC.live + RING_LIVE.drops;
      return sum + Number(view.getBigUint64(at, true));
    }, 0);
  });
}

/**
 * Checks that whatever the guest tried to write is in the file, or was dropped.
 */
async function check(
  text: string,
  path: string,
): Promise<{ written: number; dropped: number }> {
  const delivered = await deliveredByCpu(path);
  let written = 0, dropped = 0;
  for (const { cpu, user, dropped: own } of parseFigures(text)) {
    assertEquals(delivered[cpu] + own, user, `CPU ${cpu}`);
    written += user;
    dropped += own;
  }
  return { written, dropped };
}

/** Does something repeatedly while the guest writes. */
async function whileFlooded(
  machine: Machine,
  round: (over: () => boolean) => Promise<void>,
): Promise<string> {
  let over = false;
  const flood = machine.run(FLOOD).finally(() => over = true);
  while (!over) await round(() => over);
  return await flood;
}

/** How often the guest logs messages, at most; three times fill the ring. */
const SAYS_MAX = 20;

/** Returns the number of the newest message that the kernel has. */
async function newestInGuest(machine: Machine): Promise<number> {
  const last = await machine.run("./ivtest kmsg | grep '^[0-9]' | tail -n 1");
  return Number(/^\d+,(\d+),/.exec(last)?.[1]);
}

/** Returns the numbers of the kernel's messages in a file of JSON lines. */
function klogNumbers(path: string): number[] {
  const whole = readIfThere(path).split("\n").slice(0, -1);
  return whole.map((line) => JSON.parse(line).fields.seq);
}

/**
 * Tests that the kernel keeps its messages itself until there is room for them.
 */
async function kernelLog(machine: Machine, folder: TempFolder): Promise<void> {
  const name = machine.regionNames[0];
  const json = ["--format", "json", "--event", "klog"];
  const files = new Files(name, folder, "klog", json);
  await using reader = await files.consumer(machine);
  await modeIs(machine, ...BOUNDED);
  reader.kill("SIGSTOP");
  let newest = 0, inRing = 0;
  for (let i = 0; i < SAYS_MAX && inRing === newest; i++) {
    await machine.run("./ivtest say 0 2000");
    newest = await newestInGuest(machine);
    const { messages } = readAll(machine.regionCopy());
    inRing = logLines(messages.all).at(-1)!.seq;
  }
  assert(inRing < newest, `the ring has all of ${newest}`);
  reader.kill("SIGCONT");
  await until("all of it", () => klogNumbers(files.log).at(-1)! >= newest);
  const said = await ending(reader);
  for (const name of ["lost", "dropped", "corrupt", "truncated", "missed"]) {
    assertEquals(figureOf(said, name), 0, said);
  }
  const came = klogNumbers(files.log);
  assertEquals(came, came.map((_, seq) => seq));
  console.log(
    `  ${came.length} messages, ${newest - inRing} of which had found no room`,
  );
}

async function slow(machine: Machine, folder: TempFolder): Promise<void> {
  const files = new Files(machine.regionNames[0], folder, "slow");
  await using reader = await files.consumer(machine);
  await modeIs(machine, ...BOUNDED);
  const before = await drops(machine);
  const text = await whileFlooded(machine, async (over) => {
    reader.kill("SIGSTOP");
    // It has filled a ring by then, however slow the guest is.
    await until("it drops", () => over() || dropsNow(machine) > 0);
    await sleep(TURN_MS);
    reader.kill("SIGCONT");
    await sleep(TURN_MS);
  });
  const said = await ending(reader);
  const { written, dropped } = await check(text, files.log);
  assert(dropped > 0, "the guest was faster");
  assertEquals(await drops(machine) - before, dropped);
  assertEquals(figureOf(said, "dropped"), dropped);
  for (const name of ["lost", "corrupt", "truncated", "missed"]) {
    assertEquals(figureOf(said, name), 0, said);
  }
  console.log(
    `  ${SECONDS} s: ${written} written = ${written - dropped} delivered + ` +
      `${dropped} dropped, none overwritten`,
  );
}

async function killed(machine: Machine, folder: TempFolder): Promise<void> {
  const files = new Files(machine.regionNames[0], folder, "killed");
  {
    // The guest must wait for a consumer, however long all before this has
    // taken.
    await using first = await files.consumer(machine);
    await modeIs(machine, ...BOUNDED);
    first.kill("SIGKILL");
    await first.ended();
  }
  let kills = 0;
  const text = await whileFlooded(machine, async () => {
    await using reader = await files.consumer(machine);
    await sleep(Math.random() * LIFE_MS);
    reader.kill("SIGKILL");
    kills++;
    await reader.ended();
  });
  await using last = await files.consumer(machine);
  const said = await ending(last);
  assertEquals(figureOf(said, "lost"), 0, said);
  const { written, dropped } = await check(text, files.log);
  console.log(
    `  killed ${kills} times: ${written} written = ${written - dropped} ` +
      `delivered, each once, + ${dropped} dropped`,
  );
}

async function onlyOne(machine: Machine, folder: TempFolder): Promise<void> {
  const name = machine.regionNames[0];
  const files = new Files(name, folder, "first");
  await using first = await files.consumer(machine);
  await machine.run("echo first > /dev/ivring0");
  const second = await runReader("-s", name, "--lossless");
  assertEquals(second.code, 1);
  assertStringIncludes(second.stderr, `process ${first.pid} `);
  const looking = await runReader("-s", name, "--once", "--event", "message");
  assertEquals(looking.code, 0);
  assertStringIncludes(looking.stdout, "first\n");
  await ending(first);
}

async function dead(machine: Machine, folder: TempFolder): Promise<void> {
  const name = machine.regionNames[0];
  await machine.run(`rmmod ivring && ${LOAD} consumer_timeout=1`);
  const files = new Files(name, folder, "dead");
  {
    await using reader = await files.consumer(machine);
    await modeIs(machine, ...BOUNDED);
    reader.kill("SIGKILL");
    await reader.ended();
  }
  await modeIs(machine, ...UNCONSUMED);
  const before = await drops(machine);
  await machine.run("./ivtest user 0 20000"); // fails if any is dropped
  assertEquals(await drops(machine), before);
  await using next = await files.consumer(machine);
  await modeIs(machine, ...BOUNDED);
  const said = await ending(next);
  assert(figureOf(said, "lost") > 0, said);
}

vmTest("nothing unread is overwritten", async (built, t) => {
  using folder = new TempFolder();
  await using machine = await Machine.start({
    regions: [{ bytes: REGION_BYTES }],
    // The kernel itself has to keep what the ring has no room for.
    parameters: "log_buf_len=16M printk.devkmsg=on",
    files: guestFiles(built),
  });
  await machine.run(LOAD);
  await modeIs(machine, ...UNCONSUMED);
  await t.step("the kernel log waits", () => kernelLog(machine, folder));
  await t.step("a slow consumer", () => slow(machine, folder));
  await t.step("a consumer that is killed", () => killed(machine, folder));
  await t.step("only one of them", () => onlyOne(machine, folder));
  await t.step("a dead one is not waited for", () => dead(machine, folder));
  assertEquals(await machine.faults(), []);
});
