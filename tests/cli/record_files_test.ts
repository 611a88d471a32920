// SPDX-License-Identifier: MIT
/**
 * Tests the files of the record command: the records that it counts are on the
 * disk, and each folder has one recorder.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  haveBabeltrace,
  recordsIn,
  untilRecords,
} from "../support/babeltrace.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import { processName } from "../support/processes.ts";
import {
  Program,
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { diskTest, SmallDisk } from "../support/small_disk.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

const ignore = !haveBabeltrace();

function flood(guest: Guest, count: number): void {
  for (let i = 0; i < count; i++) say(guest.writer, i % 2, "x".repeat(1000));
}

/** Sums up the bytes of all rings' files below a folder. */
function ringBytes(folder: string): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) bytes += ringBytes(path);
    else if (name.startsWith("ring-")) bytes += Deno.statSync(path).size;
  }
  return bytes;
}

/** Returns the numbers in a summary. */
function counted(
  text: string,
): { records: number; bytes: number; not: number } {
  const number = (what: string) =>
    Number(new RegExp(`(\\d+) ${what}`).exec(text)?.[1] ?? 0);
  return {
    records: number("records, "),
    bytes: number("bytes"),
    not: number("not written"),
  };
}

for (const room of [600_000, 70_000, 30_000]) {
  diskTest(
    `record: on a disk with ${room} bytes it counts what is there`,
    async () => {
      if (ignore) return;
      using guest = new Guest({}, 4 << 20);
      using disk = new SmallDisk("size=1m");
      flood(guest, 2500);
      disk.fill();
      const { size } = Deno.statSync(disk.at("ballast"));
      Deno.truncateSync(disk.at("ballast"), size - room);
      const { code, stderr } = await runReader(
        ...["record", "-s", guest.name, "-o", disk.at("trace"), "--once"],
      );
      assertEquals(code, 1, stderr);
      const lines = stderr.trimEnd().split("\n");
      assertMatch(
        lines.at(-1)!,
        /trace\/\S+: no space left on device: make room/,
      );
      const { records, bytes, not } = counted(lines.at(-2)!);
      assertEquals(bytes, ringBytes(disk.at("trace")), stderr);
      assertEquals(records, await recordsIn(disk.at("trace")), stderr);
      assert(not > 0 && (records > 0 || room < 100_000), stderr);
    },
  );
}

Deno.test("record: bytes are those of the files, loss at the end included", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const args = ["record", "-s", guest.name, "-o", folder.at("trace")];
  await using recorder = new ReaderProgram(...args);
  flood(guest, 100);
  await until("some", () => {
    try {
      return ringBytes(folder.at("trace")) > 100_000;
    } catch {
      return false;
    }
  });
  recorder.kill("SIGSTOP");
  flood(guest, 5000);
  recorder.kill("SIGCONT");
  recorder.kill("SIGTERM");
  const summary = (await recorder.stderr.rest()).at(-1)!;
  assertEquals(counted(summary).bytes, ringBytes(folder.at("trace")), summary);
});

/** What is done to the traces, and what is then reported. */
const HARM: readonly (readonly [string, (trace: string) => void, RegExp])[] = [
  [
    "the folder removed",
    (trace) => Deno.removeSync(trace, { recursive: true }),
    /trace: removed, with 10 records, while it was recorded to: what comes next goes to \S+\/trace\/chunk-000001$/,
  ],
  [
    "the session removed",
    (trace) => Deno.removeSync(`${trace}/session-0`, { recursive: true }),
    /trace: removed, with 10 records,/,
  ],
  [
    "a ring removed",
    (trace) => Deno.removeSync(`${trace}/session-0/epoch-0/ring-0`),
    /trace: removed, with 5 records,/,
  ],
  [
    "metadata removed",
    (trace) => Deno.removeSync(`${trace}/session-0/epoch-0/metadata`),
    /trace: renamed, or changed by others, while/,
  ],
  [
    "a ring emptied",
    (trace) => Deno.truncateSync(`${trace}/session-0/epoch-0/ring-0`),
    /trace: cut, with 5 records, while it was recorded to: what comes next/,
  ],
  [
    "a ring cut short",
    (trace) => Deno.truncateSync(`${trace}/session-0/epoch-0/ring-0`, 3000),
    /trace: cut, with 5 records, while/,
  ],
  [
    "a ring renamed",
    (trace) => {
      Deno.mkdirSync(`${trace}-old`);
      Deno.renameSync(
        `${trace}/session-0/epoch-0/ring-0`,
        `${trace}-old/ring-0`,
      );
    },
    /trace: renamed, or changed by others, while/,
  ],
  [
    "the folder renamed",
    (trace) => Deno.renameSync(trace, `${trace}-old`),
    /trace: renamed, or changed by others, while it was recorded to: what/,
  ],
];

for (const [what, harm, says] of HARM) {
  Deno.test({
    name: `record: ${what}: a chunk is begun, and only what is there counts`,
    ignore,
    fn: async () => {
      using guest = new Guest();
      using folder = new TempFolder();
      const trace = folder.at("trace");
      await using recorder = new ReaderProgram(
        ...["record", "-s", guest.name, "-o", trace],
      );
      flood(guest, 10);
      await untilRecords(trace, 10);
      harm(trace);
      const told = await recorder.stderr.next();
      assertMatch(told!, says);
      const gone = Number(/with (\d+) records/.exec(told!)?.[1] ?? 0);
      flood(guest, 20);
      const next = `${trace}/chunk-000001`;
      await untilRecords(next, 20);
      recorder.kill("SIGTERM");
      const [, summary, ...rest] = await recorder.stderr.rest();
      const { records, bytes, not } = counted(summary);
      assertEquals([records, not], [30 - gone, gone], summary);
      assertEquals(await recorder.ended(), gone > 0 ? 1 : 0);
      assertEquals(rest.length, gone > 0 ? 1 : 0);
      const old = what.endsWith("renamed") ? ringBytes(`${trace}-old`) : 0;
      assertEquals(bytes, ringBytes(trace) + old);
      if (what.endsWith("renamed")) return;
      const readable = what.startsWith("metadata") ? next : trace;
      const less = what.startsWith("metadata") ? 10 : 0;
      assertEquals(await recordsIn(readable), records - less);
    },
  });
}

/**
 * Removes a trace once records are in it, and ends the recorder right
 * afterwards.
 *
 * @returns What the recorder then reports.
 */
async function removedAtTheEnd(
  guest: Guest,
  trace: string,
  recorder: Program,
): Promise<string[]> {
  flood(guest, 10);
  await until("some", () => {
    try {
      return ringBytes(trace) > 10_000;
    } catch {
      return false;
    }
  });
  Deno.removeSync(trace, { recursive: true });
  recorder.kill("SIGTERM");
  return await recorder.stderr.rest();
}

Deno.test("record: removed just before the end: none of it counts, exit 1", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const trace = folder.at("trace");
  await using recorder = new ReaderProgram(
    ...["record", "-s", guest.name, "-o", trace],
  );
  const lines = await removedAtTheEnd(guest, trace, recorder);
  assertEquals(await recorder.ended(), 1);
  assertMatch(lines.at(-2)!, /: 0 records, 0 bytes, .*, 10 not written \(/);
  assertMatch(lines.at(-1)!, /trace: 10 records that were recorded have been/);
});

Deno.test("control: without the look, what is gone counts", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const trace = folder.at("trace");
  using changed = new ChangedReader({
    "cli/traces/stream_file.ts": [{
      find: '    if (links === 0) return "removed";\n',
      replace: '    if (links === 0) return "";\n',
    }],
  });
  await using recorder = new Program(
    changed.command(["record", "-s", guest.name, "-o", trace]),
  );
  const lines = await removedAtTheEnd(guest, trace, recorder);
  assertEquals(await recorder.ended(), 0);
  assertMatch(lines.at(-1)!, /: 10 records, /);
});

Deno.test("record: a chunk that somebody removed is no trouble when it is due", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  await using recorder = new ReaderProgram(
    ...["record", "-s", guest.name, "-o", folder.at("trace")],
    ...["--rotate-seconds", "1", "-N", "2"],
  );
  const has = (name: string) => {
    try {
      return Deno.statSync(folder.at(`trace/${name}`)).isDirectory;
    } catch {
      return false;
    }
  };
  for (const chunk of ["chunk-000001", "chunk-000002", "chunk-000003"]) {
    await until(chunk, () => {
      flood(guest, 1);
      return has(chunk);
    });
    if (chunk.endsWith("1")) {
      Deno.removeSync(folder.at("trace/chunk-000000"), { recursive: true });
    }
  }
  recorder.kill("SIGTERM");
  assertEquals(await recorder.ended(), 0);
});

Deno.test("record: two recorders: a folder has one, the second learns which", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const trace = folder.at("trace");
  // There is nothing to record yet, so the folder stays empty.
  await using first = new ReaderProgram(
    ...["record", "-s", "/ivring-nosuch", "-o", trace],
  );
  await first.stderr.until("waiting: ");
  const args = ["record", "-s", guest.name, "-o", trace, "--once"];
  say(guest.writer, 0, "one");
  const { code, stderr } = await runReader(...args);
  assertEquals(code, 1);
  assert(
    stderr.includes(`trace: ${processName(first.pid)} records there`),
    stderr,
  );
  assertEquals([...Deno.readDirSync(trace)], []);
  // Control: without the lock both would record to the folder.
  using changed = new ChangedReader({
    "ffi/lock.ts": [{
      find: "libc.symbols.flock(fd, LOCK_EX | LOCK_NB) === 0",
      replace: "true",
    }],
  });
  assertEquals((await runCommand(changed.command(args))).code, 0);
});

Deno.test("record: only the last folder is made, and what is in the way is reported", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  Deno.writeTextFileSync(folder.at("file"), "");
  const args = ["record", "-s", guest.name, "--once", "-q", "-o"];
  for (
    const [path, says] of [
      [
        "nosuch/trace",
        /nosuch\/trace: there is no directory \S+\/nosuch: make it/,
      ],
      ["file", /file: is a file, not a directory: give -o another path/],
      ["file/trace", /file\/trace: \S+\/file is a file, not a directory/],
    ] as const
  ) {
    const { code, stderr } = await runReader(...args, folder.at(path));
    assertEquals(code, 1);
    assertMatch(stderr, says);
    assertEquals(stderr.split("\n").length, 2);
  }
  assertEquals(folder.names(), ["file"]);
  const { code } = await runReader(...args, folder.at("trace"));
  assertEquals([code, folder.names()], [0, ["file", "trace"]]);
});
