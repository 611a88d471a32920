// SPDX-License-Identifier: MIT
// Tests one reader for many objects: they are labelled, they come and go, and
// none of them ends the reading of another.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LONGEST_MS } from "../../cli/sleep.ts";
import { REGION_HEADER } from "../../ring/layout.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { FileSizeLimit } from "../support/file_size.ts";
import { Guest, REGION_BYTES, summary } from "../support/guest.ts";
import { OwnReader } from "../support/own_reader.ts";
import {
  type Program,
  readerCommand,
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { SharedObject, uniqueName } from "../support/shared_object.ts";

/** Guests whose names begin alike: "/X-a", "/X-b"... */
class Guests implements Disposable {
  readonly base = uniqueName();
  readonly pattern = `${this.base}-*`;
  readonly #all = new Set<Guest>();

  /** Adds a guest that says hello. */
  add(letter: string): Guest {
    const name = `${this.base}-${letter}`;
    const guest = new Guest({}, REGION_BYTES, name);
    this.#all.add(guest);
    say(guest.writer, 0, `hello ${letter}\n`);
    return guest;
  }

  /** Removes a guest's object. */
  remove(guest: Guest): void {
    this.#all.delete(guest);
    guest[Symbol.dispose]();
  }

  /** Returns the line that is printed for a guest's text. */
  line(letter: string, text = `hello ${letter}`): string {
    return `${this.base}-${letter}: ${text}`;
  }

  [Symbol.dispose](): void {
    for (const guest of this.#all) guest[Symbol.dispose]();
  }
}

async function sh(script: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await runCommand([
    "sh",
    "-c",
    script,
    "sh",
    ...args,
  ]);
  assertEquals(code, 0, stderr);
}

/** Takes lines until all of these have come; no others may come. */
async function expectLines(program: Program, lines: string[]): Promise<void> {
  const wanted = new Set(lines);
  while (wanted.size > 0) {
    const line = await program.stdout.next();
    assert(line !== null && wanted.delete(line), `${line}`);
  }
}

Deno.test("several -s: each line says whose it is, the sum is of all", async () => {
  using guests = new Guests();
  const [a, b] = [guests.add("a"), guests.add("b")];
  const { code, stdout, stderr } = await runReader(
    ...["-s", a.name, "-s", b.name, "--once"],
  );
  assertEquals(stdout.trimEnd().split("\n").sort(), [
    guests.line("a"),
    guests.line("b"),
  ]);
  assertEquals([code, stderr], [0, summary(2, 16) + "\n"]);
});

Deno.test("JSON says whose each record is", async () => {
  using guests = new Guests();
  const names = ["a", "b"].map((letter) => guests.add(letter).name);
  const { stdout } = await runReader(
    ...["-s", guests.pattern, "--once", "--format", "json"],
  );
  const objects = stdout.trimEnd().split("\n").map((line) =>
    JSON.parse(line).object
  );
  assertEquals(objects.sort(), names);
});

Deno.test("-v tells what was counted of each, before the sum", async () => {
  using guests = new Guests();
  const [a, b] = [guests.add("a"), guests.add("b")];
  say(b.writer, 1, "more\n");
  const { stderr } = await runReader("-s", guests.pattern, "--once", "-v");
  const [ofA, ofB, sum] = stderr.trimEnd().split("\n").slice(-3);
  assertStringIncludes(ofA, `${a.name}: 1 records, 8 bytes`);
  assertStringIncludes(ofB, `${b.name}: 2 records, 13 bytes`);
  assertEquals(sum, summary(3, 21));
});

Deno.test("a pattern: guests come, go and come again", async () => {
  using guests = new Guests();
  await using reader = new ReaderProgram("-s", guests.pattern);
  await reader.stderr.until(`waiting: no ring matches "${guests.pattern}" yet`);
  const a = guests.add("a");
  await expectLines(reader, [guests.line("a")]);
  const b = guests.add("b");
  await expectLines(reader, [guests.line("b")]);
  say(a.writer, 1, "still here\n");
  await expectLines(reader, [guests.line("a", "still here")]);
  guests.remove(b);
  await reader.stderr.until(`${b.name}: the object was removed: reading on`);
  await reader.stderr.until(`${b.name}: its guest is gone, too: left`);
  guests.add("b");
  await expectLines(reader, [guests.line("b")]);
  reader.kill("SIGTERM");
  assertEquals((await reader.stdout.rest()).length, 4);
  assertEquals((await reader.stderr.rest()).at(-1), summary(4, 35));
  assertEquals(await reader.ended(), 0);
});

Deno.test("a removed object is read on while its guest's heart beats", async () => {
  using guests = new Guests();
  const a = guests.add("a");
  await using reader = new ReaderProgram("-s", guests.pattern);
  await expectLines(reader, [guests.line("a")]);
  await sh('mv "$1" "$1.away"', a.object.path);
  await reader.stderr.until("was removed: reading on");
  const view = new DataView(a.object.buffer);
  const live = view.getUint32(REGION_HEADER.liveOffset, true);
  // This is longer than a guest without a heartbeat is read.
  for (let beat = 1; beat <= 16; beat++) {
    view.setBigUint64(live + 8, BigInt(beat), true);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  say(a.writer, 0, "alive\n");
  // The other name matches as well, and is read from its beginning.
  const line = await reader.stdout.until(guests.line("a", "alive"));
  assertEquals(line, guests.line("a", "alive"));
  await sh('mv "$1.away" "$1"', a.object.path);
});

Deno.test("named objects are waited for, each by itself", async () => {
  using guests = new Guests();
  const a = guests.add("a");
  const late = `${guests.base}-late`;
  await using reader = new ReaderProgram("-s", a.name, "-s", late);
  await expectLines(reader, [guests.line("a")]);
  await reader.stderr.until(`waiting: no shared memory object ${late} yet`);
  guests.add("late");
  await expectLines(reader, [guests.line("late")]);
});

/** What may be wrong with one of many objects. */
const BAD: readonly {
  what: string;
  script: string;
  says: RegExp;
  /** The script that makes the object good again. */
  mended?: string;
}[] = [
  {
    what: "one that others may write to",
    script: 'chmod 666 "$1"',
    says: /may be written to by others .*: left out$/,
    mended: 'chmod 600 "$1"',
  },
  {
    what: "one that is corrupt",
    script:
      'printf "\\377" | dd of="$1" bs=1 seek=170 conv=notrunc status=none',
    says: /corrupt ring: checksum is .*: left out$/,
  },
  {
    what: "one of another version",
    script: 'printf "\\143" | dd of="$1" bs=1 seek=8 conv=notrunc status=none',
    says: /the guest writes ABI 99\.\d+, .*: left out$/,
  },
];

for (const { what, script, says, mended } of BAD) {
  Deno.test(`of many, ${what} is told once and left out`, async () => {
    using guests = new Guests();
    const [a, bad] = [guests.add("a"), guests.add("bad")];
    await sh(script, bad.object.path);
    await using reader = new ReaderProgram("-s", guests.pattern);
    await expectLines(reader, [guests.line("a")]);
    assert(says.test(await reader.stderr.until(bad.name)));
    // Three looks for new objects later, the problem was not reported again.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    say(a.writer, 0, "on\n");
    await expectLines(reader, [guests.line("a", "on")]);
    if (mended !== undefined) {
      await sh(mended, bad.object.path);
      await expectLines(reader, [guests.line("bad")]);
    }
    reader.kill("SIGTERM");
    const said = await reader.stderr.rest();
    assertEquals(said.filter((line) => line.includes(": left out")).length, 1);
    assertEquals(await reader.ended(), 0);
  });
}

Deno.test("control: one that is bad would end all", async () => {
  using guests = new Guests();
  const [a, bad] = [guests.add("a"), guests.add("bad")];
  await sh('chmod 666 "$1"', bad.object.path);
  using strict = new ChangedReader({
    "cli/regions/region_life.ts": [{
      find: "const itsOwn = oneOfMany && failure instanceof CommandError;",
      replace: "const itsOwn = false;",
    }],
    "cli/regions/regions.ts": [{
      find:
        "const itsOwn = this.#oneOfMany && failure instanceof CommandError;",
      replace: "const itsOwn = false;",
    }],
  });
  const { code, stderr } = await runCommand(
    strict.command(["-s", a.name, "-s", bad.name]),
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "may be written to by others");
});

Deno.test("an output that fails ends it: no object is to blame", async () => {
  using guests = new Guests();
  using folder = new TempFolder();
  for (const letter of ["a", "b"]) {
    const { writer } = guests.add(letter);
    for (let i = 0; i < 9000; i++) say(writer, 0, "x".repeat(90));
  }
  // The file may not grow any more, so this is no disk that will have room
  // again.
  using limit = new FileSizeLimit(500_000);
  const { code, stderr } = await runCommand(
    limit.command(
      readerCommand(["-s", guests.pattern, "-f", folder.at("log")]),
    ),
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "larger than a file may be: let files grow");
  assert(!stderr.includes("left out"), stderr);
});

Deno.test("of many, one that is no ring is nothing to talk about", async () => {
  using guests = new Guests();
  guests.add("a");
  using _other = new SharedObject(5000, `${guests.base}-other`);
  await sh('printf "something else" > "$1"', `/dev/shm${guests.base}-text`);
  try {
    const { code, stdout, stderr } = await runReader(
      ...["-s", guests.pattern, "--once", "-v"],
    );
    assertEquals([code, stdout], [0, guests.line("a") + "\n"]);
    assert(!stderr.includes("other") && !stderr.includes("text"), stderr);
  } finally {
    await sh('rm "$1"', `/dev/shm${guests.base}-text`);
  }
});

Deno.test("of many, one that is truncated ends only itself", async () => {
  // Truncation between the check and the reading raises a signal, which is
  // rare.
  for (let attempt = 1;; attempt++) {
    using guests = new Guests();
    const [a, b] = [guests.add("a"), guests.add("b")];
    await using reader = new ReaderProgram("-s", guests.pattern);
    await expectLines(reader, [guests.line("a"), guests.line("b")]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await sh('truncate -s 0 "$1"', b.object.path);
    say(a.writer, 0, "on\n");
    const line = await reader.stdout.next();
    if (line === null && attempt < 3) continue;
    assertEquals(line, guests.line("a", "on"));
    const told = await reader.stderr.until(`${b.name}: was truncated`);
    assert(told.endsWith(": left out"), told);
    reader.kill("SIGTERM");
    assertEquals(await reader.ended(), 0);
    return;
  }
});

Deno.test("--once: one that was named and is missing is told at the end", async () => {
  using guests = new Guests();
  const { code, stdout, stderr } = await runReader(
    ...["--once", "-s", uniqueName(), "-s", guests.add("a").name],
  );
  assertEquals([code, stdout], [1, guests.line("a") + "\n"]);
  const [missing, sum, error] = stderr.trimEnd().split("\n");
  assertStringIncludes(missing, "no shared memory object ");
  assertEquals(sum, summary(1, 8));
  assertEquals(error, "ivring_reader: 1 of 2 objects could not be read");
});

Deno.test("--all reads every ring", async () => {
  using guests = new Guests();
  guests.add("a");
  guests.add("b");
  using reader = new OwnReader();
  const { code, stdout, stderr } = await reader.run("--all", "--once", "-q");
  const lines = stdout.trimEnd().split("\n").sort();
  assertEquals(lines, [guests.line("a"), guests.line("b")]);
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("--exit-on-loss ends all, what was read is written", async () => {
  using guests = new Guests();
  const [a, b] = [guests.add("a"), guests.add("b")];
  await using reader = new ReaderProgram(
    ...["-s", guests.pattern, "--exit-on-loss"],
  );
  await expectLines(reader, [guests.line("a"), guests.line("b")]);
  reader.kill("SIGSTOP");
  say(b.writer, 0, "last\n");
  for (let i = 0; i < 40_000; i++) say(a.writer, 0, `flood ${i}\n`);
  // Both are then due, so that both are looked at before the reader ends.
  await new Promise((resolve) => setTimeout(resolve, 2 * LONGEST_MS));
  reader.kill("SIGCONT");
  const lines = await reader.stdout.rest();
  assert(lines.includes(guests.line("b", "last")));
  assert(lines.some((line) => line.startsWith(guests.line("a", "flood "))));
  assertStringIncludes((await reader.stderr.rest()).at(-1)!, " records lost, ");
  assertEquals(await reader.ended(), 3);
});

/**
 * Returns how many lines of a guest with much to read come before another
 * guest's.
 */
async function linesBefore(command: (...args: string[]) => string[]) {
  using guests = new Guests();
  using full = new Guest({}, 16 * REGION_BYTES, `${guests.base}-full`);
  const line = "x".repeat(100);
  for (let i = 0; i < 100_000; i++) say(full.writer, i % 2, line);
  guests.add("quiet");
  const { stdout } = await runCommand(
    command("-s", guests.pattern, "--once", "-q"),
  );
  const lines = stdout.split("\n");
  assert(lines.length > 50_000, `${lines.length}`);
  return lines.indexOf(guests.line("quiet"));
}

Deno.test("a guest with much to read lets others have their turn", async () => {
  using sources = new ChangedReader({});
  const before = await linesBefore((...args) => sources.command(args));
  assert(before < 20_000, `${before} lines first`);
});

Deno.test("control: read to its end, it would not", async () => {
  using greedy = new ChangedReader({
    "cli/regions/main_loop.ts": [{
      find: "const round = life.step();",
      replace:
        "let round = life.step(); while (round.more) round = life.step();",
    }],
    "cli/regions/regions.ts": [{
      find: "return [...due.slice(this.#first), ...due.slice(0, this.#first)];",
      replace: "return due;",
    }],
  });
  const before = await linesBefore((...args) => greedy.command(args));
  assert(before > 50_000, `${before} lines first`);
});

for (
  const [args, says] of [
    [
      ["-s", "/a", "-s", "/b", "--cursor-file", "c"],
      "--cursor-file does not go together with several",
    ],
    [
      ["-s", "/a*", "--cursor-file", "c"],
      "--cursor-file does not go together with a pattern",
    ],
    [["--all", "-s", "/a"], "option --all does not go together with -s, --shm"],
    [["-s", "a/*"], '"a/*" names no shared memory object'],
    [["-s", "[z-a]"], 'option -s, --shm: "[z-a]" is no pattern'],
  ] as const
) {
  Deno.test(`usage: "${args.join(" ")}" is one line, exit 2`, async () => {
    const { code, stdout, stderr } = await runReader(...args);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, says);
    assertEquals(stderr.split("\n").length, 2);
  });
}
