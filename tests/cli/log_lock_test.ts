// SPDX-License-Identifier: MIT
/** A log, a cursor or a folder of traces has one reader; others are refused. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import { Log } from "../support/logs.ts";
import { processName } from "../support/processes.ts";
import {
  Program,
  readerCommand,
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

const MIB = 1 << 20;

Deno.test("two readers: a log and a cursor have one, the second learns which", async () => {
  using log = new Log();
  const { name } = log.guest;
  await using first = new ReaderProgram(...log.args);
  log.say("one\n");
  await until("one", () => log.text === "one\n");
  const who = processName(first.pid);
  for (
    const [args, says] of [
      [["-f", log.file], `log: ${who} writes to it already: give`],
      [
        ["-f", log.at("other"), "--cursor-file", log.cursor],
        `cursor: ${who} keeps its cursor there already: give another`,
      ],
      [["--cursor-file", log.cursor], `cursor: ${who} keeps its`],
    ] as const
  ) {
    const { code, stdout, stderr } = await runReader(
      ...["-s", name, "--once", ...args],
    );
    assertEquals([code, stdout], [1, ""]);
    assert(stderr.includes(says), stderr);
    assertEquals(stderr.split("\n").length, 2);
  }
  const dump = await runReader("dump", "-s", name, "-f", log.file);
  assertEquals(dump.code, 1);
  assertEquals(log.text, "one\n");
  // Readers that write nothing are not refused.
  const { stdout } = await runReader("-s", name, "--once");
  assertEquals(stdout, "one\n");
  first.kill("SIGKILL");
  await first.ended();
  assertEquals((await log.once()).code, 0);
});

Deno.test("control: without the lock, two readers double a log", async () => {
  using log = new Log();
  using changed = new ChangedReader({
    "ffi/lock.ts": [{
      find: "libc.symbols.flock(fd, LOCK_EX | LOCK_NB) === 0",
      replace: "true",
    }],
  });
  const args = ["-s", log.guest.name, "-f", log.file];
  await using _first = new Program(changed.command(args));
  log.say("one\n");
  await until("one", () => log.text === "one\n");
  await runCommand(changed.command([...args, "--once"]));
  assertEquals(log.text, "one\none\n");
});

for (const files of ["1", "3"]) {
  Deno.test(`two readers: the lock goes with rotation, -N ${files}`, async () => {
    using guest = new Guest({}, 16 * MIB);
    using folder = new TempFolder();
    const args = ["-s", guest.name, "-f", folder.at("log")];
    const cursor = ["--cursor-file", folder.at("cursor")];
    await using first = new ReaderProgram(
      ...[...args, ...cursor, "-S", "1", "-N", files],
    );
    const line = "x".repeat(9999) + "\n";
    for (let i = 0; i < 230; i++) say(guest.writer, 0, line);
    say(guest.writer, 0, "last\n");
    await until("the last", () => folder.read("log").endsWith("last\n"));
    const { code, stderr } = await runReader(...args, "--once");
    assertEquals(code, 1);
    assert(
      stderr.includes(`log: ${processName(first.pid)} writes to it`),
      stderr,
    );
    // The renamed file is no longer locked.
    const old = await runReader(
      ...["-s", guest.name, "--once", "-f", folder.at("log.1")],
    );
    assertEquals(old.code, 0, old.stderr);
    first.kill("SIGTERM");
    assertEquals(await first.ended(), 0);
  });
}

Deno.test("two readers: the lock goes with SIGHUP; another's file is not taken", async () => {
  using log = new Log();
  await using first = new ReaderProgram(...log.args);
  log.say("one\n");
  await until("one", () => log.text === "one\n");
  Deno.renameSync(log.file, log.at("old"));
  // Until SIGHUP the renamed file belongs to the first reader, and this name is
  // free.
  using guest = new Guest();
  await using second = new ReaderProgram("-s", guest.name, "-f", log.file);
  say(guest.writer, 0, "of another\n");
  await until("another", () => log.text === "of another\n");
  first.kill("SIGHUP");
  const told = await first.stderr.until("going on with the file that was open");
  assert(told.includes(`log: ${processName(second.pid)} writes to it`), told);
  second.kill("SIGTERM");
  await second.ended();
  first.kill("SIGHUP");
  log.say("two\n");
  await until("two", () => (log.read("old") + log.text).includes("two\n"));
  log.say("three\n");
  await until("three", () => log.text.endsWith("three\n"));
  const { code } = await runReader("-s", guest.name, "-f", log.file, "--once");
  assertEquals(code, 1);
});

Deno.test("two readers: through a link to its folder it is the same log", async () => {
  using log = new Log();
  Deno.mkdirSync(log.at("real"));
  Deno.symlinkSync(log.at("real"), log.at("link"));
  const args = ["-s", log.guest.name, "-f"];
  await using first = new ReaderProgram(...args, log.at("real/log"));
  await until("a log", () => {
    return [...Deno.readDirSync(log.at("real"))].length === 1;
  });
  const { code, stderr } = await runReader(...args, log.at("link/log"));
  assertEquals(code, 1);
  assert(stderr.includes(`${processName(first.pid)} writes to it`), stderr);
});

Deno.test("standard output is nobody's own: two may append to one", async () => {
  using log = new Log();
  log.say("one\n");
  const command = readerCommand(["-s", log.guest.name, "--once", "-q"]);
  const shell = ["bash", "-c", '"$@" >> "$0"', log.file, ...command];
  const ended = await Promise.all([runCommand(shell), runCommand(shell)]);
  assertEquals(ended.map(({ code }) => code), [0, 0]);
  assertEquals(log.text, "one\none\n");
});

Deno.test("cursor: what it cannot be saved in is found at once", async () => {
  using folder = new TempFolder();
  for (
    const [path, why] of [
      ["nosuch/c", /nosuch\/c: there is no directory \S+\/nosuch: /],
      ["file/c", /file\/c: \S+\/file is a file, not a directory/],
    ] as const
  ) {
    Deno.writeTextFileSync(folder.at("file"), "");
    for (const more of [[], ["--incoming"]]) {
      const { code, stderr } = await runReader(
        ...["-s", "/ivring-nosuch", "--cursor-file", folder.at(path), ...more],
      );
      assertEquals(code, 1);
      assertMatch(stderr, why);
      assertMatch(stderr, /give --cursor-file another path/);
      assertEquals(stderr.split("\n").length, 2);
    }
  }
  assertEquals(folder.names(), ["file"]);
});

Deno.test("two readers: of two that make the cursor at once, one ends", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const args = ["-s", guest.name, "--cursor-file", folder.at("cursor")];
  await using first = new ReaderProgram(...args);
  say(guest.writer, 0, "one");
  assertEquals(await first.stdout.next(), "one");
  await until("a cursor", () => folder.read("cursor").includes("session"));
  // It acts as if it had looked before the first reader made its file.
  using changed = new ChangedReader({
    "cli/files/locked_file.ts": [{
      find: "    while (this.#fd < 0) {\n",
      replace: "    while (false) {\n",
    }],
  });
  await using second = new Program(changed.command(args));
  assertEquals(await second.stdout.next(), "one");
  say(guest.writer, 0, "two");
  const told = await first.stderr.until("keeps its cursor there already");
  assert(told.includes(`process ${second.pid} (`), told);
  assertEquals(await first.ended(), 1);
});

Deno.test("cursor, log: where one cannot be had, the other is not made", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const args = ["-s", guest.name, "--once"];
  for (const [log, cursor] of [["nosuch/log", "c"], ["log", "nosuch/c"]]) {
    const { code } = await runReader(
      ...[...args, "-f", folder.at(log), "--cursor-file", folder.at(cursor)],
    );
    assertEquals([code, folder.names()], [1, []]);
  }
});
