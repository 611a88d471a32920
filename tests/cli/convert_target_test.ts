// SPDX-License-Identifier: MIT
/** Tests what convert and record do not touch, wherever -o points. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import { processName } from "../support/processes.ts";
import {
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

const CONVERT = ["convert", "-q", "--to", "trace.dat"];

/** Makes a guest that has written a message. */
function guestWithText(): Guest {
  const guest = new Guest();
  say(guest.writer, 0, "hello\n");
  return guest;
}

/** Tells whether a file begins like trace-cmd's files. */
function isTraceDat(path: string): boolean {
  const start = new TextDecoder().decode(Deno.readFileSync(path));
  return start.startsWith("\x17\x08\x44tracing6\0");
}

Deno.test("convert -o: a running reader's log, cursor and metrics are not replaced, and it is named", async () => {
  using guest = guestWithText();
  using folder = new TempFolder();
  await using reader = new ReaderProgram(
    ...["-s", guest.name, "-f", folder.at("log")],
    ...["--cursor-file", folder.at("cursor")],
    ...["--metrics-file", folder.at("m.prom")],
  );
  await until(
    "all",
    () => ["log", "cursor", "m.prom"].every((name) => folder.read(name) !== ""),
  );
  for (const name of ["log", "cursor", "m.prom"]) {
    const { code, stdout, stderr } = await runReader(
      ...[...CONVERT, "-s", guest.name, "-o", folder.at(name)],
    );
    assertEquals([name, code, stdout], [name, 1, ""]);
    assertEquals(
      stderr,
      `ivring_reader: ${folder.at(name)}: ${processName(reader.pid)} has ` +
        "locked it: end that one, or give -o another path\n",
    );
  }
  say(guest.writer, 0, "after\n");
  await until("more", () => folder.read("log") === "hello\nafter\n");
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  assertEquals(folder.names(), ["cursor", "log", "m.prom"]);
});

Deno.test("convert -o: a file that is no trace.dat is not replaced; an empty one and a trace.dat are", async () => {
  using guest = guestWithText();
  using folder = new TempFolder();
  const args = [...CONVERT, "-s", guest.name, "-o", folder.at("file")];
  for (const text of ["precious\n", "\x17\x08", "\x17\x08\x44tracinG6\0"]) {
    Deno.writeTextFileSync(folder.at("file"), text);
    const { code, stderr } = await runReader(...args);
    assertEquals(
      [code, stderr],
      [
        1,
        `ivring_reader: ${folder.at("file")}: is not a trace.dat file, and ` +
        "is not replaced: give -o another path\n",
      ],
    );
    assertEquals(folder.read("file"), text);
  }
  Deno.writeTextFileSync(folder.at("file"), "");
  for (let i = 0; i < 2; i++) {
    assertEquals((await runReader(...args)).code, 0);
    assert(isTraceDat(folder.at("file")));
  }
  assertEquals(folder.names(), ["file"]);
});

/**
 * A change after which the first check finds that nobody has begun to write
 * yet.
 */
const EARLY = {
  "cli/traces/convert.ts": [{
    find: "return holdTarget(libc, path)[Symbol.dispose]();",
    replace: "return;",
  }],
};

Deno.test("convert -o: it is checked again before it is replaced; control: unguarded, a log in use is", async () => {
  using guest = guestWithText();
  using folder = new TempFolder();
  await using _reader = new ReaderProgram(
    ...["-s", guest.name, "-f", folder.at("log")],
  );
  await until("a line", () => folder.read("log") === "hello\n");
  const args = [...CONVERT, "-s", guest.name, "-o", folder.at("log")];
  using late = new ChangedReader(EARLY);
  const { code, stderr } = await runCommand(late.command(args));
  assertEquals(code, 1);
  assertStringIncludes(stderr, "has locked it: end that one");
  assertEquals(folder.read("log"), "hello\n");
  assertEquals(folder.names(), ["log"]);
  using unguarded = new ChangedReader({
    ...EARLY,
    "cli/traces/trace_dat_file.ts": [{
      find: "    using _replaced = holdTarget(libc, path);\n",
      replace: "",
    }],
  });
  assertEquals((await runCommand(unguarded.command(args))).code, 0);
  assert(isTraceDat(folder.at("log")));
});

/** A folder with recordings. */
class Recordings implements Disposable {
  readonly folder = new TempFolder();
  readonly #guest = guestWithText();

  /** Makes the recordings "plain" and "chunked", the second one in chunks. */
  async make(): Promise<void> {
    const record = ["record", "-q", "--once", "-s", this.#guest.name, "-o"];
    for (const args of [["plain"], ["chunked", "-S", "1"]]) {
      const [name, ...more] = args;
      const { code, stderr } = await runReader(
        ...[...record, this.folder.at(name), ...more],
      );
      assertEquals(code, 0, stderr);
    }
  }

  /** The paths of everything in the folder, sorted. */
  get paths(): string[] {
    const all = (folder: string): string[] =>
      [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
        const path = `${folder}/${name}`;
        return isDirectory ? [path, ...all(path)] : [path];
      });
    return all(this.folder.path).sort();
  }

  /** Returns command lines that write a trace to a path. */
  writers(path: string): string[][] {
    const { name } = this.#guest;
    return [
      [...CONVERT, "-s", name, "-o", path],
      ["convert", "-q", "--to", "ctf", "-s", name, "-o", path],
      ["record", "-q", "--once", "-s", name, "-o", path],
    ];
  }

  /** Returns command lines that write logs and the like to a path. */
  logs(path: string): string[][] {
    const { name } = this.#guest;
    const once = ["-q", "-s", name, "--once"];
    return [
      ["dump", "-q", "-s", name, "-f", path],
      [...once, "-f", path],
      [...once, "--cursor-file", path],
      [...once, "--metrics-file", path],
    ];
  }

  [Symbol.dispose](): void {
    this.#guest[Symbol.dispose]();
    this.folder[Symbol.dispose]();
  }
}

Deno.test("record, convert -o: nothing is made anywhere in a recording", async () => {
  using recordings = new Recordings();
  await recordings.make();
  const { folder } = recordings;
  Deno.symlinkSync("plain/session-0", folder.at("link"));
  const before = recordings.paths;
  for (
    const inside of [
      "plain/z",
      "plain/z/",
      "plain/session-0/z",
      "plain/session-0/epoch-0/z",
      "plain/session-0/epoch-0/ivring/z",
      "chunked/z",
      "chunked/chunk-000000/z",
      "chunked/chunk-000000/session-0/z",
      "link/z",
    ]
  ) {
    for (const args of recordings.writers(folder.at(inside))) {
      const { code, stdout, stderr } = await runReader(...args);
      assertEquals([args, code, stdout], [args, 1, ""]);
      assertEquals(
        stderr,
        `ivring_reader: ${folder.at(inside)}: is in a trace that record ` +
          "made: give -o another path\n",
      );
    }
  }
  assertEquals(recordings.paths, before);
  // Writing beside a recording is allowed, and so is writing into a folder that
  // only has such a name.
  Deno.mkdirSync(folder.at("session-0/epoch-0"), { recursive: true });
  for (const [i, other] of ["session-0/epoch-0/z", "z"].entries()) {
    for (const [j, args] of recordings.writers(folder.at(other)).entries()) {
      if (i !== j) continue;
      const { code, stderr } = await runReader(...args);
      assertEquals([args, code, stderr], [args, 0, ""]);
    }
  }
});

Deno.test("a log, a cursor and metrics are not made in a trace either; control: unguarded, a log is", async () => {
  using recordings = new Recordings();
  await recordings.make();
  const before = recordings.paths;
  const path = recordings.folder.at("plain/session-0/epoch-0/z");
  for (const args of recordings.logs(path)) {
    const { code, stderr } = await runReader(...args);
    assertEquals([args, code], [args, 1]);
    assertStringIncludes(stderr, `${path}: is in a trace that record made: `);
  }
  assertEquals(recordings.paths, before);
  using unguarded = new ChangedReader({
    "cli/arguments/paths.ts": [{
      find: "if (!isIn(libc, path)) return;",
      replace: "return;",
    }],
  });
  await runCommand(unguarded.command(recordings.logs(path)[0]));
  const made = recordings.paths.filter((each) => !before.includes(each));
  assertEquals(made, [path]);
});
