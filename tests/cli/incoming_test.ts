// SPDX-License-Identifier: MIT
// Tests --incoming: the reader on the host that a guest migrates to waits for
// the other reader's cursor, and goes on there.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Guest } from "../support/guest.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import {
  Program,
  readerCommand,
  ReaderProgram,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

function numbered(guest: Guest, from: number, count: number): void {
  for (let i = from; i < from + count; i++) say(guest.writer, i % 2, `${i}\n`);
}

/** Returns what both readers printed, as numbers. */
function numbersOf(...texts: string[]): number[] {
  return texts.join("").trimEnd().split("\n").map(Number);
}

Deno.test("incoming: two readers, one after the other, each record once", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const [a, b] = [folder.at("a.cursor"), folder.at("b.cursor")];
  await using source = new ReaderProgram(
    ...["-s", guest.name, "-f", folder.at("a"), "--cursor-file", a],
  );
  numbered(guest, 0, 500);
  await until("they are written", () => folder.read("a").includes("499\n"));
  await using target = new ReaderProgram(
    ...["-s", guest.name, "-f", folder.at("b"), "--cursor-file", b],
    "--incoming",
  );
  await target.stderr.until(`waiting: no cursor in ${b} yet`);
  numbered(guest, 500, 500);
  // This happens on the source host: the guest is paused, and read to its end.
  source.kill("SIGTERM");
  assertEquals(await source.ended(), 0);
  numbered(guest, 1000, 500);
  // A copy that is under way is no cursor yet.
  const cursor = folder.read("a.cursor");
  Deno.writeTextFileSync(b, cursor.slice(0, 40));
  await new Promise((resolve) => setTimeout(resolve, 500));
  assertEquals(folder.read("b"), "");
  Deno.writeTextFileSync(b, cursor);
  await until("it goes on", () => folder.read("b").includes("1499\n"));
  target.kill("SIGTERM");
  assertEquals(await target.ended(), 0);
  const numbers = numbersOf(folder.read("a"), folder.read("b"));
  assertEquals(numbers.length, 1500);
  assertEquals(numbers.toSorted((x, y) => x - y), [...numbers.keys()]);
});

Deno.test("incoming: the other host's file is not cut here", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const cursor = folder.at("cursor");
  const args = ["-s", guest.name, "-f", folder.at("log"), "--cursor-file"];
  numbered(guest, 0, 10);
  await runReader(...args, cursor, "--once");
  // This log has the same device and inode number as that one by chance, and is
  // longer.
  Deno.writeTextFileSync(folder.at("log"), "ours\n", { append: true });
  await using target = new ReaderProgram(...args, cursor, "--incoming");
  numbered(guest, 10, 1);
  await until("it goes on", () => folder.read("log").includes("10\n"));
  assert(folder.read("log").endsWith("9\nours\n10\n"));
  target.kill("SIGTERM");
  assertEquals(await target.ended(), 0);
});

/**
 * Runs a reader with `--incoming` that is killed before it saves its cursor
 * again.
 */
async function killedWhileIncoming(
  command: (args: readonly string[]) => string[],
): Promise<number[]> {
  using guest = new Guest();
  using folder = new TempFolder();
  const cursor = folder.at("cursor");
  numbered(guest, 0, 10);
  // The cursor comes from the other host, where FILE is another file.
  const from = ["-f", folder.at("there"), "--cursor-file", cursor, "--once"];
  await runReader("-s", guest.name, ...from);
  const here = ["-f", folder.at("here"), "--cursor-file", cursor];
  const args = command(["-s", guest.name, ...here, "--incoming"]);
  const came = folder.read("cursor");
  {
    await using reader = new Program(args);
    await until("its own cursor", () => folder.read("cursor") !== came);
    const own = folder.read("cursor");
    numbered(guest, 10, 100);
    await until("all", () => folder.read("here").includes("109\n"));
    reader.kill("SIGKILL");
    await reader.ended();
    // This is the state in which the reader is killed before the next save.
    Deno.writeTextFileSync(cursor, own);
  }
  await using again = new Program(args);
  numbered(guest, 110, 1);
  await until("the rest", () => folder.read("here").includes("110\n"));
  again.kill("SIGTERM");
  assertEquals(await again.ended(), 0);
  return numbersOf(folder.read("here")).toSorted((x, y) => x - y);
}

Deno.test("incoming: after kill -9 the same command line repeats nothing", async () => {
  const numbers = await killedWhileIncoming(readerCommand);
  assertEquals(numbers, Array.from({ length: 101 }, (_, i) => 10 + i));
});

Deno.test("control: without FILE of the cursor, records come twice", async () => {
  using changed = new ChangedReader({
    "cli/files/start_cursor.ts": [{
      find: "this.#saved = this.#file?.load() ?? null;",
      replace: "const saved = this.#file?.load() ?? null;\n" +
        "    this.#saved = saved && { ...saved, file: null };",
    }],
  });
  const numbers = await killedWhileIncoming((args) => changed.command(args));
  assertEquals(numbers.length, 201);
});

Deno.test("incoming: what is no whole cursor stays when it is ended", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const path = folder.at("c");
  Deno.writeTextFileSync(path, "precious, without a line end");
  await using target = new ReaderProgram(
    ...["-s", guest.name, "--incoming", "--cursor-file", path],
  );
  await target.stderr.until("waiting: no cursor in");
  target.kill("SIGTERM");
  assertEquals(await target.ended(), 0);
  assertEquals(folder.read("c"), "precious, without a line end");
});

Deno.test("incoming: it can be ended while it waits", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  await using target = new ReaderProgram(
    ...["-s", guest.name, "--incoming", "--cursor-file", folder.at("c")],
  );
  await target.stderr.until("waiting: no cursor in");
  target.kill("SIGTERM");
  assertEquals(await target.ended(), 0);
});

Deno.test("incoming: what comes and is no cursor: one line, exit 1", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const path = folder.at("c");
  await using target = new ReaderProgram(
    ...["-s", guest.name, "--incoming", "--cursor-file", path],
  );
  await target.stderr.until("waiting: no cursor in");
  Deno.writeTextFileSync(path, "{}\n");
  assertEquals(await target.ended(), 1);
  assertMatch(
    (await target.stderr.rest()).at(-1)!,
    /c: holds something else than a cursor: give/,
  );
});

const WRONG: readonly (readonly [string[], RegExp])[] = [
  [["--incoming"], /option --incoming needs --cursor-file/],
  [
    ["--incoming", "--cursor-file", "/x", "--once"],
    /option --incoming does not go together with --once/,
  ],
  [
    ["--incoming", "--cursor-file", "/x", "-n", "5"],
    /option -n, --lines does not go together with --cursor-file/,
  ],
];

for (const [args, says] of WRONG) {
  Deno.test(`incoming refuses: ${args.join(" ")}`, async () => {
    const { code, stderr } = await runReader("-s", "x", ...args);
    assertEquals(code, 2);
    assertMatch(stderr, says);
  });
}
