// SPDX-License-Identifier: MIT
/** Tests `--cursor-file`: a reader goes on where another one was. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import type { Change } from "../support/changes.ts";
import { editCursor, summed } from "../support/cursors.ts";
import { Guest } from "../support/guest.ts";
import {
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { part, say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

const MIB = 1 << 20;
const RINGS = 3;

/** Writes messages that contain their ring and number; some are split. */
class Numbered {
  readonly counts: number[] = Array(RINGS).fill(0);
  #total = 0;

  constructor(readonly guest: Guest) {}

  write(count: number): void {
    for (let i = 0; i < count; i++) {
      const total = this.#total++;
      const ring = total % RINGS;
      const bytes = total % 97 === 0 ? 9000 : 20 + total % 300;
      const text = `${ring} ${this.counts[ring]++} `.padEnd(bytes, "z");
      say(this.guest.writer, ring, text);
    }
  }

  /** Checks that each message is there once, in the order of its ring. */
  check(text: string): void {
    const next = Array(RINGS).fill(0);
    for (const line of text.trimEnd().split("\n")) {
      const [ring, n] = line.split(" ").map(Number);
      assertEquals(n, next[ring], `ring ${ring} in: ${line.slice(0, 60)}`);
      next[ring]++;
    }
    assertEquals(next, this.counts);
  }
}

/** Returns the arguments of a reader whose FILE and cursor are in a folder. */
function argumentsOf(guest: Guest, folder: TempFolder): string[] {
  const cursor = ["--cursor-file", folder.at("cursor")];
  return ["-s", guest.name, "-f", folder.at("log"), ...cursor];
}

/** Returns the text of FILE and of what was renamed, the oldest first. */
function logText(folder: TempFolder): string {
  const number = (name: string) => Number(name.split(".")[1] ?? 0);
  return folder.names().filter((name) => name.startsWith("log"))
    .sort((a, b) => number(b) - number(a))
    .map((name) => folder.read(name)).join("");
}

/** Returns the size of FILE alone. */
function logBytes(folder: TempFolder): number {
  try {
    return Deno.statSync(folder.at("log")).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0; // it was just renamed
    throw error;
  }
}

/**
 * Waits until a newer cursor is saved, while a few more records are written.
 */
async function savesCursor(folder: TempFolder, writer: Numbered) {
  const saved = folder.read("cursor");
  await until("the cursor is saved", () => {
    writer.write(1);
    return folder.read("cursor") !== saved;
  });
}

/** Returns the messages of lines of JSON, one on each line. */
function messagesOf(lines: string): string {
  return lines.trimEnd().split("\n").map((line) => JSON.parse(line))
    .filter(({ event }) => event === "message")
    .map(({ message }) => message + "\n").join("");
}

for (
  const { name, rounds, more, text } of [
    { name: "one file", rounds: 20, more: [], text: logText },
    {
      name: "with rotation",
      rounds: 20,
      more: ["-S", "1", "-N", "99"],
      text: logText,
    },
    {
      name: "JSON",
      rounds: 8,
      more: ["--format", "json"],
      text: (folder: TempFolder) => messagesOf(logText(folder)),
    },
  ]
) {
  Deno.test(`cursor: kill -9 at any moment, ${rounds} times: ${name}`, async () => {
    using guest = new Guest({ klogBytes: 16 * MIB }, 64 * MIB);
    using folder = new TempFolder();
    const args = [...argumentsOf(guest, folder), ...more];
    const writer = new Numbered(guest);
    for (let round = 0; round < rounds; round++) {
      await using reader = new ReaderProgram(...args);
      const grown = logBytes(folder);
      writer.write(60);
      await until("it writes", () => logBytes(folder) !== grown);
      if (round % 4 === 3) await savesCursor(folder, writer);
      // The reader is killed at some moment after that.
      let left = 5 + Math.random() * 40;
      await until("it is time", () => {
        writer.write(60);
        return left-- < 0;
      });
      reader.kill("SIGKILL");
      await reader.ended();
    }
    const { code, stderr } = await runReader(...args, "--once");
    assertEquals(code, 0);
    assertMatch(stderr, / 0 lost, 0 dropped, 0 corrupt/);
    writer.check(text(folder));
  });
}

/** Places where a crash during a rotation leaves work half done. */
const CRASHES: Readonly<Record<string, [file: string, change: Change]>> = {
  "before the cursor covers the old file": ["cli/files/rotating_file.ts", {
    find: "      turn.leave(",
    replace: "      crash();\n      turn.leave(",
  }],
  "before the old file is renamed": ["cli/files/rotating_file.ts", {
    find: "    if (empties) this.#open.truncate(0);\n",
    replace: "    crash();\n    if (empties) this.#open.truncate(0);\n",
  }],
  "before the new file is made": ["cli/files/rotating_file.ts", {
    find: "    this.#moved = true;\n",
    replace: "    this.#moved = true;\n    crash();\n",
  }],
  "before the cursor is saved": ["cli/files/rotating_file.ts", {
    find: "    turn?.arrive();\n",
    replace: "    crash();\n    turn?.arrive();\n",
  }],
  "after the cursor was saved": ["cli/files/rotating_file.ts", {
    find: "    this.#segments.shift();\n",
    replace: "    crash();\n    this.#segments.shift();\n",
  }],
};
/**
 * Ends the reader at the second rotation like kill -9, so that nothing is
 * tidied up.
 */
const CRASH: Change = {
  find: "/** Bytes that belong into one file. */\n",
  replace: `let turns = 0;
function crash() {
  if (++turns === 2) Deno.exit(9);
}
`,
};

for (const files of ["1", "2", "9"]) {
  for (const [when, [file, change]] of Object.entries(CRASHES)) {
    Deno.test(`cursor: a crash in a rotation, ${when}, -N ${files}`, async () => {
      using guest = new Guest({ klogBytes: 16 * MIB }, 64 * MIB);
      using folder = new TempFolder();
      const args = [...argumentsOf(guest, folder), "--once"];
      const rotation = ["-S", "1", "-N", files];
      const writer = new Numbered(guest);
      writer.write(3000);
      using changed = new ChangedReader({ [file]: [CRASH, change] });
      const crashed = await runCommand(
        changed.command([...args, ...rotation]),
      );
      writer.write(8000);
      const again = await runCommand(changed.command([...args, ...rotation]));
      assertEquals([crashed.code, again.code].includes(9), true);
      const { code, stderr } = await runReader(...args, ...rotation);
      assertEquals(
        [code, / 0 lost, 0 dropped/.test(stderr)],
        [0, true],
        stderr,
      );
      // No renamed file had to be cut, and no file is in doubt.
      for (const told of [crashed, again].map(({ stderr }) => stderr)) {
        assertEquals(/twice|as well as|come again/.test(told), false, told);
      }
      const text = logText(folder);
      if (files === "9") writer.check(text);
      checkTail(writer, text);
    });
  }
}

/** Checks that what is left is the end of everything, each message once. */
function checkTail({ counts }: Numbered, text: string): void {
  const next: (number | undefined)[] = Array(RINGS).fill(undefined);
  for (const line of text.trimEnd().split("\n")) {
    const [ring, n] = line.split(" ").map(Number);
    assertEquals(n, next[ring] ?? n, `ring ${ring}`);
    next[ring] = n + 1;
  }
  assertEquals(next, counts);
}

Deno.test("cursor: SIGTERM and start lose and repeat nothing", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const args = argumentsOf(guest, folder);
  const writer = new Numbered(guest);
  for (let round = 0; round < 3; round++) {
    await using reader = new ReaderProgram(...args);
    writer.write(50);
    const last = `${(writer.counts[1]) - 1} `;
    await until("it is written", () => logText(folder).includes(`1 ${last}`));
    reader.kill("SIGTERM");
    assertEquals(await reader.ended(), 0);
    assertMatch(
      (await reader.stderr.rest()).at(-1)!,
      /: 5\d records, .* 0 lost/,
    );
  }
  writer.check(logText(folder));
});

Deno.test("cursor: a message under way is handed on, and comes whole", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const args = [...argumentsOf(guest, folder), "--once"];
  guest.writer.write(0, ABI.ID_PART, part(0, 0, 6, "abc"));
  say(guest.writer, 0, "nested");
  await runReader(...args);
  assertEquals(folder.read("log"), "nested\n");
  guest.writer.write(0, ABI.ID_PART, part(0, 3, 6, "def"));
  const { code, stderr } = await runReader(...args);
  assertEquals([code, folder.read("log")], [0, "nested\nabcdef\n"]);
  assertMatch(stderr, /: 1 records, 3 bytes, 0 lost/);
});

Deno.test("cursor: on standard output a good end repeats nothing", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const args = ["-s", guest.name, "--once", "-q", "--cursor-file"];
  say(guest.writer, 0, "one");
  const first = await runReader(...args, folder.at("cursor"));
  say(guest.writer, 0, "two");
  const second = await runReader(...args, folder.at("cursor"));
  const third = await runReader(...args, folder.at("cursor"));
  assertEquals(
    [first, second, third].map(({ code, stdout }) => [code, stdout]),
    [[0, "one\n"], [0, "two\n"], [0, ""]],
  );
  assertEquals(folder.names(), ["cursor"]);
  assertEquals(Deno.statSync(folder.at("cursor")).mode! & 0o777, 0o600);
});

Deno.test("cursor: what was overwritten meanwhile is lost, exactly", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const args = ["-s", guest.name, "--once", "--cursor-file"];
  say(guest.writer, 0, "first");
  await runReader(...args, folder.at("cursor"));
  for (let i = 0; i < 20_000; i++) say(guest.writer, 0, `later ${i}`);
  const { code, stdout, stderr } = await runReader(
    ...[...args, folder.at("cursor")],
  );
  const lost = Number(/(\d+) lost, 0 dropped/.exec(stderr)?.[1]);
  assertEquals(stdout.trimEnd().split("\n").length + lost, 20_000);
  assert(lost > 0 && !stderr.includes("missed"), stderr);
  assertEquals(code, 0);
});

Deno.test("cursor: another session is told, and read from its oldest", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const args = [...argumentsOf(guest, folder), "--once"];
  say(guest.writer, 0, "before");
  await runReader(...args);
  // This was written behind the cursor, and is gone from the ring, so it stays.
  Deno.writeTextFileSync(folder.at("log"), "tail\n", { append: true });
  say(guest.format(), 0, "after");
  const { code, stderr } = await runReader(...args);
  assertMatch(stderr, /cursor is of another session: starting at the oldest/);
  assertEquals([code, folder.read("log")], [0, "before\ntail\nafter\n"]);
});

Deno.test("cursor: a new session while following is told apart", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  await using reader = new ReaderProgram(...argumentsOf(guest, folder));
  say(guest.writer, 0, "before");
  await until("before", () => folder.read("log") === "before\n");
  const session = () =>
    /"session":"\w+"/.exec(folder.read("cursor"))?.[0] ?? "";
  await until("a cursor", () => session() !== "");
  const old = session();
  const again = guest.format();
  await until("the new session", () => session() !== old);
  say(again, 0, "after");
  await until("after", () => folder.read("log") === "before\nafter\n");
  reader.kill("SIGKILL");
  await reader.ended();
  const { code } = await runReader(...argumentsOf(guest, folder), "--once");
  assertEquals([code, folder.read("log")], [0, "before\nafter\n"]);
});

Deno.test("cursor: SIGHUP and kill -9 lose and repeat nothing", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const writer = new Numbered(guest);
  await using reader = new ReaderProgram(...argumentsOf(guest, folder));
  writer.write(100);
  await until("all", () => folder.read("log").split("\n").length === 101);
  Deno.renameSync(folder.at("log"), folder.at("log.1"));
  reader.kill("SIGHUP");
  await until("a new file", () => folder.names().includes("log"));
  writer.write(100);
  await until("all", () => folder.read("log").split("\n").length === 101);
  reader.kill("SIGKILL");
  await reader.ended();
  writer.write(100);
  const { code } = await runReader(...argumentsOf(guest, folder), "--once");
  assertEquals(code, 0);
  writer.check(logText(folder));
});

const CURSOR =
  '{"version":2,"object":null,"region":null,"file":null,"ended":false}\n';
const FILE = '"file":{"identity":"1:2:3","born":"1","bytes":9,' +
  `"tail":{"sha256":"${"0".repeat(64)}","bytes":9}}`;

Deno.test("cursor: what the corrupt ones are made of is none", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  say(guest.writer, 0, "one");
  const args = ["-s", guest.name, "--once", "-q", "--cursor-file"];
  for (const text of [CURSOR, CURSOR.replace('"file":null', FILE)]) {
    Deno.writeTextFileSync(folder.at("cursor"), summed(text));
    const ended = await runReader(...args, folder.at("cursor"));
    assertEquals(ended, { code: 0, stdout: "one\n", stderr: "" });
  }
});

const CORRUPT: readonly (readonly [string, (path: string) => void])[] = [
  ["empty", (path) => Deno.writeTextFileSync(path, "")],
  ["no JSON", (path) => Deno.writeTextFileSync(path, "{")],
  ["null", (path) => Deno.writeTextFileSync(path, "null")],
  ["another version", (path) => Deno.writeTextFileSync(path, '{"version":3}')],
  ["no region", (path) => Deno.writeTextFileSync(path, '{"version":2}')],
  [
    "the old version's, and no region",
    (path) => Deno.writeTextFileSync(path, '{"version":1}'),
  ],
  ["invalid UTF-8", (path) =>
    Deno.writeFileSync(
      path,
      new TextEncoder().encode(summed(CURSOR)).map((byte, i, { length }) =>
        i === length - 4 ? 0xff : byte
      ),
    )],
  ...[
    ['"ended":false', '"ended":0'],
    ['"object":null', '"object":7'],
    ['"object":null,', ""],
    ['"ended":false', '"ended":false,"more":1'],
    ['"file":null', '"file":{"identity":"1:2:3","bytes":1}'],
    ...[
      ['"born":"1"', '"born":1'],
      ['"born":"1"', '"born":"x"'],
      ['"identity":"1:2:3"', '"identity":"1:2"'],
      ['"bytes":9,', '"bytes":-1,'],
      ['"bytes":9}', '"bytes":4097}'],
      ['"sha256":"', '"sha256":"A'],
    ].map(([from, to]) => ['"file":null', FILE.replace(from, to)]),
  ].map(([from, to]): [string, (path: string) => void] => [
    to || `without ${from}`,
    (path) => Deno.writeTextFileSync(path, summed(CURSOR.replace(from, to))),
  ]),
  ["binary", (path) => Deno.writeFileSync(path, new Uint8Array(999))],
  ["huge", (path) => Deno.writeFileSync(path, new Uint8Array(2 * MIB))],
  ["a folder", (path) => Deno.mkdirSync(path)],
  ["a link", (path) => Deno.symlinkSync("/etc/passwd", path)],
  [
    "a FIFO",
    (path) => {
      new Deno.Command("mkfifo", { args: [path] }).outputSync();
    },
  ],
];

for (const [what, make] of CORRUPT) {
  Deno.test(`cursor: ${what}: one line that names it, exit 1`, async () => {
    using guest = new Guest();
    using folder = new TempFolder();
    make(folder.at("cursor"));
    const args = ["-s", guest.name, "--once", "--cursor-file"];
    const { code, stdout, stderr } = await runReader(
      ...[...args, folder.at("cursor")],
    );
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^ivring_reader: \S+\/cursor: (no cursor of|is a|holds something else) .*\n$/,
    );
  });
}

Deno.test("cursor: rings that the region does not have are refused", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const args = ["-s", guest.name, "--once", "--cursor-file"];
  await runReader(...args, folder.at("cursor"));
  type Json = { version: number; region: { rings: unknown[] } };
  editCursor(folder.at("cursor"), ({ region }: Json) => region.rings.pop());
  const { code, stderr } = await runReader(...args, folder.at("cursor"));
  assertEquals(code, 1);
  assertMatch(stderr, /cursor: no cursor of this region: it has 2 rings, and/);
  Deno.writeTextFileSync(folder.at("cursor"), "{");
  assertMatch(
    (await runReader(...args, folder.at("cursor"))).stderr,
    /cursor: holds something else than a cursor: give --cursor-file another/,
  );
});
