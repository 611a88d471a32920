// SPDX-License-Identifier: MIT
// Tests -n: the last records are those that a plain reader prints last.
import { assert, assertEquals } from "@std/assert";
import { main } from "../../main.ts";
import { ABI, BLOCK } from "../../ring/layout.ts";
import { readHeader } from "../../ring/header.ts";
import type { RegionWriter } from "../../ring/writer/writer.ts";
import { takeoverPayload } from "../../ring/writer/writer_payloads.ts";
import { Random } from "../fuzz/random.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import {
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { makeRegion, part, say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** How many regions are made up; each takes a quarter of a second. */
const REGIONS = 12;
/**
 * Lines that begin, continue and end reports of the kernel, and other lines.
 */
const KLOG = [
  "BUG: kernel NULL pointer dereference, address: 0000000000000008",
  "Oops: 0000 [#1] PREEMPT SMP NOPTI",
  "RIP: 0010:foo+0x1/0x2 [bar]",
  " <TASK>",
  " foo+0x1/0x2",
  "---[ end trace 0000000000000000 ]---",
  "usb 1-1: new device",
  "------------[ cut here ]------------",
  "Kernel panic - not syncing: Fatal exception",
];
const FILTERS = [
  [],
  ["--event", "klog"],
  ["--event", "message"],
  ["--level", "err"],
  ["--cpu", "0"],
  ["--cpu", "1", "--event", "message", "--event", "opaque"],
];

/**
 * Writes the beginning of a message whose rest never comes, and others behind
 * it.
 */
function unfinished(writer: RegionWriter, others: number): void {
  writer.write(0, ABI.ID_PART, part(0, 0, 5000, "BEGIN"));
  for (let i = 1; i <= others; i++) say(writer, 0, `m${i}`);
}

Deno.test("dump -n: an unfinished message is last, wherever it began", async () => {
  using guest = new Guest();
  unfinished(guest.writer, 1000); // in several blocks
  const lines = async (...args: string[]) =>
    (await runReader("dump", "-s", guest.name, "-q", ...args)).stdout;
  assert((await lines()).endsWith("m999\nm1000\nBEGIN\n"));
  assertEquals(await lines("-n", "1"), "BEGIN\n");
  assertEquals(await lines("-n", "3"), "m999\nm1000\nBEGIN\n");
});

Deno.test("read -n: an unfinished message does not count, and is printed once it ends", async () => {
  using guest = new Guest();
  const { writer } = guest;
  unfinished(writer, 100);
  await using reader = new ReaderProgram("-s", guest.name, "-n", "1");
  assertEquals(await reader.stdout.next(), "m100");
  say(writer, 0, "m101");
  assertEquals(await reader.stdout.next(), "m101");
  // The beginning of another message with the same key ends it.
  writer.write(0, ABI.ID_PART, part(0, 0, 6, "whole\n"));
  assertEquals(await reader.stdout.next(), "BEGIN");
  assertEquals(await reader.stdout.next(), "whole");
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});

Deno.test("dump -n: a report counts, though a clock's record overtook it", async () => {
  const { buffer, writer } = makeRegion();
  writer.log({ seq: 0n, timeUs: 1n, text: KLOG[0] });
  writer.log({ seq: 1n, timeUs: 2n, text: KLOG[1] });
  writer.announce(7n, ABI.ANNOUNCE_STEP);
  using folder = new TempFolder();
  const image = folder.at("image");
  Deno.writeFileSync(image, new Uint8Array(buffer), { mode: 0o600 });
  const { stdout } = await runReader(
    ...["dump", "--image", image, "-q", "-n", "1", "--join-oops"],
    ...["--format", "json"],
  );
  assertEquals(JSON.parse(stdout).message, `${KLOG[0]}\n${KLOG[1]}`);
});

Deno.test("control: by the least sequence of each ring, others come out", async () => {
  using guest = new Guest();
  unfinished(guest.writer, 100);
  using changed = new ChangedReader({
    "cli/printing/tail.ts": [{
      find: "&& !holds(share.old, seq)",
      replace: "&& seq < share.old[0]",
    }],
  });
  const { stdout } = await runCommand(
    changed.command(["dump", "-s", guest.name, "-q", "-n", "1"]),
  );
  assertEquals(stdout, "m1\n");
});

Deno.test({
  name: "dump -n: what any options print last, of made-up regions",
  sanitizeOps: false, // each run listens for signals, which Deno stops late
  fn: compareMadeUp,
});

async function compareMadeUp(): Promise<void> {
  using folder = new TempFolder();
  for (let seed = 0; seed < REGIONS; seed++) {
    const random = new Random(seed);
    const image = folder.at(`${seed}`);
    Deno.writeFileSync(image, new Uint8Array(madeUp(random)), { mode: 0o600 });
    const dump = (format: string, args: readonly string[]) =>
      printedLines(folder, ["--image", image, "--format", format, ...args]);
    for (const join of [[], ["--join-oops"]]) {
      const args = [...join, ...random.pick(FILTERS)];
      const objects = await dump("json", args);
      const text = await dump("text", args);
      for (const n of [1 + random.below(4), random.below(100)]) {
        const what = `seed ${seed}: ${args.join(" ")} -n ${n}`;
        const last = ["-n", `${n}`, ...args];
        assertEquals(await dump("json", last), lastOf(objects, n), what);
        const lines = lastOf(shownInText(objects), n)
          .reduce((sum, { message }) => sum + message.split("\n").length, 0);
        assertEquals(await dump("text", last), lastOf(text, lines), what);
      }
    }
  }
}

function lastOf<T>(list: readonly T[], count: number): T[] {
  return count === 0 ? [] : list.slice(-count);
}

/**
 * Returns those objects that are also printed as text. Of the clock records,
 * only broken ones are.
 */
function shownInText(objects: readonly string[]): { message: string }[] {
  return objects.map((line) => JSON.parse(line))
    .filter(({ event }) => event !== "takeover" && event !== "clock")
    .map(({ message }) => ({ message: String(message ?? "") }));
}

/** Runs `dump` in this process, because it is run so often. */
async function printedLines(
  folder: TempFolder,
  args: readonly string[],
): Promise<string[]> {
  const path = folder.at("out");
  Deno.writeTextFileSync(path, "", { mode: 0o600 });
  assertEquals(await main(["dump", "-q", "-f", path, ...args]), 0);
  const lines = Deno.readTextFileSync(path).split("\n");
  Deno.removeSync(path);
  return lines.slice(0, -1);
}

/** Makes a region with everything that changes the order of records. */
function madeUp(random: Random): ArrayBuffer {
  let now = 1_000_000_000n;
  const nrTrace = 1 + random.below(3);
  const clock = () => now += BigInt(random.pick([0, 1, 1000, 2_000_000_000]));
  const { buffer, writer } = makeRegion({ nrTrace, clock });
  /** The parts that were begun, by ring: key, what came, and the total. */
  const begun = Array.from(
    { length: nrTrace + 1 },
    () => [] as [key: number, came: number, total: number][],
  );
  const seqs = new Array<number>(nrTrace + 1).fill(0);
  const write = (ring: number, id: number, payload: Uint8Array) => {
    writer.write(ring, id, payload);
    const most = writer.maxPayloadBytes;
    seqs[ring] += payload.length <= most
      ? 1
      : Math.ceil(payload.length / (most - 16));
  };
  const steps = 10 + random.below(400);
  for (let i = 0; i < steps; i++) {
    const ring = random.below(nrTrace);
    const kind = random.below(20);
    if (kind < 6) {
      const text = `klog ${i}`;
      writer.log({
        seq: BigInt(i),
        timeUs: now / 1000n,
        priority: random.below(8),
        text: random.oneIn(6) ? text : random.pick(KLOG),
      });
    } else if (kind === 6) writer.announce(now + 7n, ABI.ANNOUNCE_STEP);
    else if (kind === 7) {
      begun[ring].push([seqs[ring], 4, 12]);
      write(ring, ABI.ID_PART, part(seqs[ring], 0, 12, "abcd"));
    } else if (kind < 10 && begun[ring].length > 0) {
      const message = random.pick(begun[ring]);
      const [key, came, total] = message;
      const offset = came + (random.oneIn(3) ? 1 : 0); // contradicts
      message[1] = came + 4;
      write(ring, ABI.ID_PART, part(key, offset, total, "efgh"));
    } else if (kind === 10) {
      write(ring, ABI.ID_MESSAGE, new Uint8Array(6000).fill(0x61 + i % 26));
    } else if (kind === 11) write(ring, 1 + random.below(3), new Uint8Array(8));
    else if (kind === 12) {
      write(ring, ABI.ID_TAKEOVER, takeoverPayload(ABI.TAKEOVER_PANIC, 0));
    } else if (kind === 13 && random.oneIn(10)) {
      writer.restart();
      seqs.forEach((_, each) => seqs[each]++);
    } else write(ring, ABI.ID_MESSAGE, new TextEncoder().encode(`m${i}`));
  }
  if (random.oneIn(3)) loseBlock(buffer, random);
  return buffer;
}

/**
 * Makes a block unreadable, so that messages end before what follows the block.
 */
function loseBlock(buffer: ArrayBuffer, random: Random): void {
  const { rings, blockBytes } = readHeader(buffer)!;
  const { dataOffset } = rings[random.below(rings.length)];
  const at = dataOffset + (1 + random.below(4)) * blockBytes;
  new DataView(buffer).setBigUint64(at + BLOCK.packetSeqNum, 0n, true);
}
