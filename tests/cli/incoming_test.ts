// SPDX-License-Identifier: MIT
// --incoming: the reader where a guest migrates to waits for the other one's
// cursor, and goes on there.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Guest } from "../support/guest.ts";
import { ReaderProgram, runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

function numbered(guest: Guest, from: number, count: number): void {
  for (let i = from; i < from + count; i++) say(guest.writer, i % 2, `${i}\n`);
}

/** What both readers printed, as numbers. */
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
  // As it is where the guest came from: paused, and read to its end.
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
  // Of the same numbers as that one by chance, and longer.
  Deno.writeTextFileSync(folder.at("log"), "ours\n", { append: true });
  await using target = new ReaderProgram(...args, cursor, "--incoming");
  numbered(guest, 10, 1);
  await until("it goes on", () => folder.read("log").includes("10\n"));
  assert(folder.read("log").endsWith("9\nours\n10\n"));
  target.kill("SIGTERM");
  assertEquals(await target.ended(), 0);
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
  assertMatch((await target.stderr.rest()).at(-1)!, /c: no cursor of this re/);
});

const WRONG: readonly (readonly [string[], RegExp])[] = [
  [["--incoming"], /option --incoming needs --cursor-file FILE/],
  [
    ["--incoming", "--cursor-file", "/x", "--once"],
    /option --incoming: not together with --once/,
  ],
  [
    ["--incoming", "--cursor-file", "/x", "-n", "5"],
    /option -n, --lines: not together with --cursor-file/,
  ],
];

for (const [args, says] of WRONG) {
  Deno.test(`incoming refuses: ${args.join(" ")}`, async () => {
    const { code, stderr } = await runReader("-s", "x", ...args);
    assertEquals(code, 2);
    assertMatch(stderr, says);
  });
}
