// SPDX-License-Identifier: MIT
/**
 * Tests how much the record command records, from how many objects, into what.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { haveBabeltrace, openTrace } from "../support/babeltrace.ts";
import { Guest } from "../support/guest.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import {
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { uniqueName } from "../support/shared_object.ts";
import { TempFolder, until } from "../support/temp_folder.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

const ignore = !haveBabeltrace();
const WHY_NOT = missingReason(ignore ? ["babeltrace2"] : []);
/** A text so long that few of them fit into a ring's block. */
const LONG = "x".repeat(1000);

/** Writes numbered messages of this length. */
function flood(guest: Guest, from: number, count: number): void {
  for (let i = from; i < from + count; i++) {
    say(guest.writer, i % 2, `${i} ${LONG}`);
  }
}

/**
 * Returns the numbers of all messages, sorted, so that duplicates show as well.
 */
async function numbersIn(path: string): Promise<number[]> {
  const { events } = await openTrace(path);
  return [...events.values()].flat()
    .map(({ data }) => Number(data.match(/^data = "(\d+) /)![1]))
    .sort((a, b) => a - b);
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test({
  name: skippedName(
    "record: chunks by size, each complete, none missing between",
    WHY_NOT,
  ),
  ignore,
  fn: async () => {
    using guest = new Guest({}, 8 << 20);
    using folder = new TempFolder();
    const args = ["record", "-s", guest.name, "-o", folder.path, "-S", "1"];
    flood(guest, 0, 5000);
    const { code, stderr } = await runReader(...args, "--once");
    assertEquals(code, 0, stderr);
    const chunks = folder.names();
    assert(chunks.length > 3, `${chunks}`);
    const found: number[] = [];
    for (const chunk of chunks) {
      const path = folder.at(chunk);
      found.push(...await numbersIn(path));
      let bytes = 0;
      for (let ring = 0; ring < 2; ring++) {
        const file = `${path}/session-0/epoch-0/ring-${ring}`;
        bytes += await Deno.stat(file).then(({ size }) => size, () => 0);
      }
      assert(bytes > 0 && bytes <= 1 << 20, `${chunk} ${bytes}`);
    }
    assertEquals(found.sort((a, b) => a - b), upTo(5000));
    assertEquals(await numbersIn(folder.path), upTo(5000));
    assertStringIncludes(stderr, ": 5000 records, ");
  },
});

Deno.test({
  name: skippedName(
    "record: chunks by time, and no more than are kept",
    WHY_NOT,
  ),
  ignore,
  fn: async () => {
    using guest = new Guest();
    using folder = new TempFolder();
    await using recorder = new ReaderProgram(
      ...["record", "-s", guest.name, "-o", folder.path],
      ...["--rotate-seconds", "1", "-N", "2"],
    );
    let written = 0;
    for (const chunk of upTo(4)) {
      const name = `chunk-00000${chunk}`;
      await until(name, () => {
        flood(guest, written++, 1);
        return folder.names().includes(name);
      });
    }
    recorder.kill("SIGTERM");
    assertEquals(await recorder.ended(), 0);
    const chunks = folder.names();
    assertEquals(chunks.length, 2);
    const found = await numbersIn(folder.path);
    // Those that are kept have everything of each ring from some point on.
    for (let ring = 0; ring < 2; ring++) {
      const ofRing = (n: number) => n % 2 === ring;
      const kept = found.filter(ofRing);
      assertEquals(kept, upTo(written).filter(ofRing).slice(-kept.length));
    }
    assert(found.length < written);
  },
});

/**
 * Makes a guest whose driver has started this often, with a record each time.
 */
function starter(starts: number): Guest {
  const guest = new Guest({ nrTrace: 1, klogBytes: 4 << 20 }, 12 << 20);
  for (let i = 0; i < starts; i++) {
    say(guest.writer, 0, "started");
    guest.writer.restart();
  }
  return guest;
}

/** Returns what a folder takes on a disk with blocks of 4 KiB. */
function diskBytes(path: string): number {
  let bytes = 4096;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    const inner = `${path}/${name}`;
    bytes += isDirectory
      ? diskBytes(inner)
      : Math.ceil(Deno.statSync(inner).size / 4096) * 4096;
  }
  return bytes;
}

/** The size of two chunks of 1 MiB with one more trace in each. */
const TWO_CHUNKS_BYTES = 2 * ((1 << 20) + (64 << 10));

Deno.test("record: a driver that starts on and on does not fill the disk", async () => {
  using guest = starter(300);
  using folder = new TempFolder();
  const args = ["record", "-s", guest.name, "--once", "-S", "1", "-N", "2"];
  const { code, stderr } = await runReader(...args, "-o", folder.at("a"));
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, ": 900 records, ");
  const bytes = diskBytes(folder.at("a"));
  assert(bytes > 1 << 19 && bytes <= TWO_CHUNKS_BYTES, `${bytes}`);
  // Control: the same if only packets count.
  using changed = new ChangedReader({
    "cli/traces/chunk_size.ts": [{
      find: "this.#bytes += files * FILE_BYTES + bytes;",
      replace: ";",
    }],
  });
  const command = changed.command([...args, "-o", folder.at("b")]);
  assertEquals((await runCommand(command)).code, 0);
  assert(diskBytes(folder.at("b")) > 2 * TWO_CHUNKS_BYTES);
});

Deno.test("record: a driver that starts a few times does not begin chunks", async () => {
  using guest = starter(20);
  using folder = new TempFolder();
  const { code, stderr } = await runReader(
    ...["record", "-s", guest.name, "--once", "-S", "1", "-o", folder.path],
  );
  assertEquals([code, folder.names()], [0, ["chunk-000000"]], stderr);
});

Deno.test({
  name: skippedName("record: ends after so many records, or so long", WHY_NOT),
  ignore,
  fn: async () => {
    using guest = new Guest();
    using folder = new TempFolder();
    flood(guest, 0, 50);
    const args = ["record", "-s", guest.name, "-o"];
    const few = await runReader(...args, folder.at("few"), "--count", "17");
    assertEquals(few.code, 0, few.stderr);
    assertStringIncludes(few.stderr, ": 17 records, ");
    assertEquals((await numbersIn(folder.at("few"))).length, 17);
    const startMs = performance.now();
    const all = await runReader(...args, folder.at("all"), "--duration", "1");
    assert(performance.now() - startMs >= 1000);
    assertEquals(all.code, 0, all.stderr);
    assertEquals(await numbersIn(folder.at("all")), upTo(50));
  },
});

Deno.test({
  name: skippedName("record: several objects, a directory each", WHY_NOT),
  ignore,
  fn: async () => {
    const names = [uniqueName(), uniqueName(), uniqueName()];
    using one = new Guest({}, undefined, names[0]);
    using two = new Guest({}, undefined, names[1]);
    using folder = new TempFolder();
    flood(one, 0, 20);
    flood(two, 0, 30);
    await using recorder = new ReaderProgram(
      ...["record", "-o", folder.path, "--count", "60"],
      ...names.flatMap((name) => ["-s", name]),
    );
    await until("two", () => folder.names().length === 2);
    {
      using three = new Guest({}, undefined, names[2]);
      flood(three, 0, 10);
      assertEquals(await recorder.ended(), 0);
    }
    assertEquals(folder.names(), names.map((name) => name.slice(1)).sort());
    const counts = [];
    for (const name of names) {
      counts.push((await numbersIn(`${folder.path}${name}`)).length);
    }
    assertEquals(counts, [20, 30, 10]);
  },
});

Deno.test("record: options that make no sense together", async () => {
  using folder = new TempFolder();
  const args = ["record", "-s", "/nothing", "-o", folder.at("trace")];
  for (
    const [extra, message] of [
      [["-N", "3"], "option -N, --keep-files needs -S, --rotate-mib or"],
      [["-S", "0"], 'option -S, --rotate-mib: "0" is no size'],
      [["--count", "0"], 'option --count: "0" is no whole number'],
      [["--duration", "1.5"], 'option --duration: "1.5" is no whole number'],
      [["--rotate-seconds", "x"], "option --rotate-seconds: "],
      [["--all"], "option --all does not go together with -s, --shm"],
    ] as const
  ) {
    const { code, stderr, stdout } = await runReader(...args, ...extra);
    assertEquals([code, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, message);
  }
  assertEquals(folder.names(), []);
});
