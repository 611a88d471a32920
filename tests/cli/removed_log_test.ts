// SPDX-License-Identifier: MIT
/**
 * A log that is removed while it is written is made again, and this is
 * reported.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Change } from "../support/changes.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { Log } from "../support/logs.ts";
import { Program, ReaderProgram } from "../support/reader_program.ts";
import { until } from "../support/temp_folder.ts";

/** Makes a log in a folder of its own. */
function logInFolder(): Log {
  const log = new Log();
  Deno.mkdirSync(log.at("logs"), { mode: 0o750 });
  return log;
}

const FILE = "logs/log";

function argumentsOf(log: Log, cursor: boolean): string[] {
  const args = ["-s", log.guest.name, "-f", log.at(FILE)];
  return cursor ? [...args, "--cursor-file", log.cursor] : args;
}

for (const what of ["log", "folder"]) {
  for (const cursor of [true, false]) {
    const kind = cursor ? "with a cursor" : "without a cursor";
    Deno.test(`removed: the ${what}, ${kind}: made again, nothing lost`, async () => {
      using log = logInFolder();
      await using reader = new ReaderProgram(...argumentsOf(log, cursor));
      log.say("0\n");
      await until("0", () => log.read(FILE) === "0\n");
      if (what === "log") Deno.removeSync(log.at(FILE));
      else Deno.removeSync(log.at("logs"), { recursive: true });
      // This is written at once, when the reader may not have noticed yet.
      for (let i = 1; i <= 100; i++) log.say(`${i}\n`);
      await until("the last", () => log.read(FILE).endsWith("\n100\n"));
      const told = await reader.stderr.next();
      assertMatch(
        told!,
        /logs\/log.*: removed while it was written: made again/,
      );
      const numbers = log.read(FILE).trimEnd().split("\n").map(Number);
      assertEquals(
        numbers.filter((n) => n > 0),
        Array.from({ length: 100 }, (_, i) => i + 1),
      );
      assertEquals(Deno.statSync(log.at("logs")).mode! & 0o777, 0o750);
      reader.kill("SIGKILL");
      await reader.ended();
      if (!cursor) return;
      // The cursor names the new file.
      log.say("101\n");
      await using again = new ReaderProgram(...argumentsOf(log, true));
      await until("101", () => log.read(FILE).endsWith("\n100\n101\n"));
      again.kill("SIGTERM");
      assertEquals(await again.ended(), 0);
    });
  }
}

Deno.test("removed while nothing is written: it is there again all the same", async () => {
  using log = logInFolder();
  await using reader = new ReaderProgram(...argumentsOf(log, true));
  log.say("one\n");
  await until("one", () => log.read(FILE) === "one\n");
  Deno.removeSync(log.at(FILE));
  await until("a file", () => [...Deno.readDirSync(log.at("logs"))].length > 0);
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});

Deno.test("removed before it ends: not even the last second is silent", async () => {
  using log = logInFolder();
  await using reader = new ReaderProgram(...argumentsOf(log, false));
  log.say("one\n");
  await until("one", () => log.read(FILE) === "one\n");
  Deno.removeSync(log.at(FILE));
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  assert([...Deno.readDirSync(log.at("logs"))].length === 1);
  const told = (await reader.stderr.rest()).join("\n");
  assertMatch(told, /removed while it was written: made again/);
});

Deno.test("removed, and cannot be made again: held back until it can", async () => {
  using log = logInFolder();
  await using reader = new ReaderProgram(...argumentsOf(log, true));
  log.say("one\n");
  await until("one", () => log.read(FILE) === "one\n");
  Deno.removeSync(log.at("logs"), { recursive: true });
  Deno.writeTextFileSync(log.at("logs"), "no folder");
  log.say("two\n");
  await reader.stderr.until("cannot be made again: ");
  log.say("three\n");
  Deno.removeSync(log.at("logs"));
  await until("three", () => log.read(FILE).endsWith("two\nthree\n"));
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  assertMatch((await reader.stderr.rest()).at(-1)!, /: 3 records, .* 0 lost/);
});

/** A line; all of them have the same length. */
const LINE = "x".repeat(19) + "\n";

/**
 * Puts a folder in the place of a log, lets the guest go on writing, and ends
 * the reader.
 *
 * @returns What the reader reports.
 */
async function replacedByFolder(log: Log): Promise<string> {
  await using reader = new ReaderProgram(...argumentsOf(log, false));
  log.say("one\n");
  await until("one", () => log.read(FILE) === "one\n");
  Deno.removeSync(log.at(FILE));
  Deno.mkdirSync(log.at(FILE));
  for (let i = 0; i < 300; i++) log.say(LINE);
  await reader.stderr.until("cannot be made again");
  for (let i = 0; i < 10; i++) log.say(LINE);
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 1);
  return (await reader.stderr.rest()).join("\n");
}

Deno.test("removed, and never made again: what went with the file is told, too", async () => {
  // How much is written before the reader notices is a matter of luck.
  for (let attempt = 0; attempt < 10; attempt++) {
    using log = logInFolder();
    const told = await replacedByFolder(log);
    const last = told.split("\n").at(-1)!;
    const number = (pattern: RegExp) => Number(pattern.exec(last)?.[1] ?? 0);
    const bytes = number(/the last (\d+) bytes written to it are in no other/);
    const records = number(/: (\d+) records were not written$/);
    // The file may have been looked at last before its first line was written.
    const all = bytes + records * LINE.length - 310 * LINE.length;
    assert(all === 0 || all === "one\n".length, told);
    if (bytes > 0) return;
  }
  throw new Error("the reader noticed each time before it wrote");
});

/**
 * A change after which a reader looks at its log only at the beginning and at
 * the end.
 */
const RARELY: readonly Change[] = [{
  find: "const LOOK_MS = 1000;",
  replace: "const LOOK_MS = 1e9;",
}];

/**
 * Removes a log, lets the guest go on writing, and ends a reader that has not
 * noticed.
 *
 * @returns Its exit code, and what it reports last before the summary.
 */
async function unnoticed(
  changes: Readonly<Record<string, readonly Change[]>>,
  isMadeAgain: boolean,
): Promise<{ code: number; told: string }> {
  using log = logInFolder();
  using changed = new ChangedReader({
    "cli/files/rotating_file.ts": RARELY,
    ...changes,
  });
  await using reader = new Program(changed.command(argumentsOf(log, false)));
  log.say("one\n");
  await until("one", () => log.read(FILE) === "one\n");
  Deno.removeSync(log.at(FILE));
  if (!isMadeAgain) Deno.mkdirSync(log.at(FILE));
  for (let i = 0; i < 300; i++) log.say(LINE);
  reader.kill("SIGTERM");
  const code = await reader.ended();
  const lines = await reader.stderr.rest();
  return { code, told: lines.find((line) => line.includes("removed"))! };
}

Deno.test("removed with nothing left to write: what went with it is told", async () => {
  const { code, told } = await unnoticed({}, false);
  assertEquals(code, 1);
  assertMatch(
    told,
    /cannot be made again: is a directory.*; the last 600[04] bytes written to/,
  );
});

Deno.test("removed, and it may not be read: what is not in the new one is told", async () => {
  const blind = {
    "cli/files/removed_file.ts": [{
      find: "if (bytes === null || bytes.length === 0) break;",
      replace: "if (bytes !== undefined) break;",
    }],
  };
  const { code, told } = await unnoticed(blind, true);
  assertEquals(code, 0);
  assertMatch(
    told,
    /made again, with the last 0 bytes; 600[04] more, written since it was seen, are gone with/,
  );
});

/**
 * Cuts a log, lets the guest write less than was in it, and removes it before
 * the reader looks.
 *
 * @returns What is in the new log, and what the reader reports.
 */
async function cutAndRemoved(
  changes: Readonly<Record<string, readonly Change[]>>,
): Promise<{ text: string; told: string }> {
  using log = logInFolder();
  using changed = new ChangedReader({
    "cli/files/rotating_file.ts": RARELY,
    ...changes,
  });
  Deno.writeTextFileSync(log.at(FILE), "older\n".repeat(100));
  await using reader = new Program(changed.command(argumentsOf(log, false)));
  log.say("one\n");
  await until("one", () => log.read(FILE).endsWith("one\n"));
  Deno.truncateSync(log.at(FILE));
  for (let i = 0; i < 10; i++) log.say(LINE);
  await until("more", () => log.read(FILE) === LINE.repeat(10));
  Deno.removeSync(log.at(FILE));
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  const told = (await reader.stderr.rest())
    .find((line) => line.includes("removed"))!;
  return { text: log.read(FILE), told };
}

Deno.test("cut and then removed: what was written after the cut is in the new one; control: by the length it is not", async () => {
  const { text, told } = await cutAndRemoved({});
  assertEquals(text, LINE.repeat(10));
  assertMatch(
    told,
    /made again, with the last 200 bytes; 4 more had been cut off before by others$/,
  );
  const control = await cutAndRemoved({
    "cli/files/removed_file.ts": [{
      find: "Math.min(bytes, newBytes)",
      replace: "newBytes * 0",
    }],
  });
  assertEquals(control.text, "");
});

Deno.test("renamed and not told: written to on and on, until SIGHUP", async () => {
  using log = logInFolder();
  await using reader = new ReaderProgram(...argumentsOf(log, true));
  log.say("one\n");
  await until("one", () => log.read(FILE) === "one\n");
  Deno.renameSync(log.at(FILE), log.at("logs/archive"));
  // This takes longer than from one check to the next, because the cursor is
  // saved once a second.
  for (let saved = 0; saved < 2; saved++) {
    const before = log.read("cursor");
    log.say(`${saved}\n`);
    await until("the cursor is saved", () => log.read("cursor") !== before);
  }
  await until("1", () => log.read("logs/archive") === "one\n0\n1\n");
  assertEquals(log.read(FILE), "");
  reader.kill("SIGHUP");
  log.say("two\n");
  await until("two", () => {
    return (log.read("logs/archive") + log.read(FILE)).endsWith("two\n");
  });
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  assert(!(await reader.stderr.rest()).join().includes("removed"));
});

Deno.test("control: without the look, nothing more is in it", async () => {
  using log = logInFolder();
  using changed = new ChangedReader({
    "cli/files/rotating_file.ts": [{
      find: "    if (!now && nowMs - this.#lookedMs < LOOK_MS) return;\n",
      replace: "    if (!now || nowMs) return;\n",
    }],
  });
  await using reader = new Program(changed.command(argumentsOf(log, false)));
  log.say("one\n");
  await until("one", () => log.read(FILE) === "one\n");
  Deno.removeSync(log.at(FILE));
  log.say("two\n");
  reader.kill("SIGTERM");
  assertMatch((await reader.stderr.rest()).at(-1)!, /: 2 records/);
  assertEquals(await reader.ended(), 0);
  assertEquals(log.read(FILE), "");
});
