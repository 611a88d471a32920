// SPDX-License-Identifier: MIT
// Nothing is opened, made or mapped before the whole command line is checked.
import {
  assert,
  assertEquals,
  AssertionError,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { basename, relative } from "node:path";
import type { Command } from "../../cli/commands/command.ts";
import { COMMANDS } from "../../cli/commands/mod.ts";
import { OPTIONS, type OptionSpec } from "../../cli/arguments/options.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import type { Change } from "../support/changes.ts";
import { Guest } from "../support/guest.ts";
import {
  readerCommand,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { SharedObject, uniqueName } from "../support/shared_object.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

/** An invalid value for every option that takes one. */
const BAD: Readonly<Record<string, string>> = {
  shm: "a/b",
  image: "-",
  lines: "abc",
  owner: "ivring-no-such-user",
  size: "3",
  mode: "999",
  server: "s".repeat(200),
  threshold: "abc",
  "max-delay": "0",
  format: "xml",
  time: "noon",
  color: "red",
  level: "loud",
  event: "a b",
  cpu: "x",
  file: "",
  "rotate-mib": "0",
  "keep-files": "0",
  "rotate-seconds": "x",
  count: "0",
  duration: "1.5",
  "cursor-file": "-",
  "metrics-file": "-",
  to: "zip",
  trace: "-",
  epoch: "one",
  output: "-",
  symbols: "",
};

/** Combinations that are invalid although each option is valid, by command. */
const CONFLICTS: Readonly<Record<string, readonly string[][]>> = {
  read: [
    ["--once"], // not with --server
    ["--all"],
    ["-n", "5"], // not with --cursor-file
    ["--raw", "--safe"],
    ["--incoming", "--once"],
    ["--server", "twice", "--server", "twice"],
    ["-N", "2"],
    ["-S", "1M", "-N", "1001"],
    ["--bogus"],
    ["word"],
  ],
  dump: [["--all"], ["-N", "2"], ["--raw", "--safe"], ["--image", "x"]],
  record: [["--all"], ["--once"], ["-N", "2"], ["--count", "1", "--lossless"]],
  convert: [["--image", "x"], ["--trace", "x"], ["-s", "b"], ["-s", "v*"]],
};

/**
 * A command line with every option that makes a command open or make something.
 */
class Opening implements Disposable {
  readonly folder = new TempFolder();
  readonly object = uniqueName();
  readonly args: readonly string[];

  constructor({ name, options }: Command) {
    const at = (file: string) => this.folder.at(file);
    const values: Readonly<Record<string, readonly string[]>> = {
      shm: [this.object],
      size: ["64K"],
      file: [at("log")],
      "cursor-file": [at("cursor")],
      "metrics-file": [at("metrics.prom")],
      server: [at("socket")],
      output: [at("output")],
      to: ["trace.dat"],
    };
    const given = options.flatMap((option) =>
      (values[option] ?? []).flatMap((value) => [`--${option}`, value])
    );
    const flags = options.includes("create") ? ["--create"] : [];
    this.args = [name, ...given, ...flags];
  }

  /** Lists everything that was not there before. */
  made(): string[] {
    const objects = [...Deno.readDirSync("/dev/shm")]
      .map(({ name }) => `/${name}`).filter((name) => name === this.object);
    return [...objects, ...this.folder.names()].sort();
  }

  [Symbol.dispose](): void {
    if (this.made().includes(this.object)) {
      Deno.removeSync(`/dev/shm${this.object}`);
    }
    this.folder[Symbol.dispose]();
  }
}

/**
 * Leaves out the options of a single value that `others` give another value,
 * which alone would be refused.
 */
function withoutSame(
  [command, ...given]: readonly string[],
  others: readonly string[],
): string[] {
  const names = others.map((arg) => arg.split("=", 1)[0]);
  const kept = given.filter((arg, i) => {
    const isFlag = arg.startsWith("--");
    const flag = isFlag ? arg : given[i - 1];
    const spec: OptionSpec = OPTIONS[flag.slice(2) as keyof typeof OPTIONS];
    return spec.list || !names.includes(flag);
  });
  return [command, ...kept];
}

async function refused(
  opening: Opening,
  args: string[],
  start: (args: string[]) => string[] = readerCommand,
): Promise<void> {
  const said = args.join(" ");
  const command = start([...withoutSame(opening.args, args), ...args]);
  const { code, stdout, stderr } = await runCommand(command);
  assertEquals([code, stdout], [2, ""], `${said}: ${stderr}`);
  assertEquals(stderr.split("\n").length, 2, stderr);
  assertEquals(opening.made(), [], said);
}

Deno.test("there is a bad value for every option that takes one", () => {
  const options = Object.entries<OptionSpec>(OPTIONS)
    .filter(([, spec]) => spec.kind === "value").map(([name]) => name);
  assertEquals(Object.keys(BAD).sort(), options.sort());
});

for (const command of COMMANDS) {
  const values = command.options.filter((name) => name in BAD);
  Deno.test(`${command.name}: a bad value opens nothing`, async () => {
    using opening = new Opening(command);
    for (const name of values) {
      await refused(opening, [`--${name}=${BAD[name]}`]);
    }
  });

  for (const args of CONFLICTS[command.name] ?? []) {
    Deno.test(`${command.name} ${args.join(" ")} opens nothing`, async () => {
      using opening = new Opening(command);
      await refused(opening, args);
    });
  }
}

Deno.test("control: what is opened too early is noticed", async () => {
  const conversion = "    const settings = printSettings(libc, options);\n";
  using early = new ChangedReader({
    "cli/commands/read.ts": [{
      find: conversion,
      replace: `    Deno.createSync(options.file!).close();\n${conversion}`,
    }],
  });
  const [read] = COMMANDS;
  const start = (args: string[]) => early.command(args);
  using opening = new Opening(read);
  // The parser itself finds this invalid value, before anything is opened.
  await refused(opening, ["--threshold", "abc"], start);
  const error = await assertRejects(
    () => refused(opening, ["--owner", "no-such-user"], start),
    AssertionError,
  );
  assertStringIncludes(error.message, '"log"');
});

/** What the command line above makes if it is valid. */
const MADE: Readonly<Record<string, readonly string[]>> = {
  read: ["log", "metrics.prom", "socket"],
  record: ["output", "socket"],
  dump: ["log"],
};

for (const [name, files] of Object.entries(MADE)) {
  Deno.test(`control: ${name} without a bad value makes ${files}`, async () => {
    using opening = new Opening(COMMANDS.find((each) => each.name === name)!);
    // dump does not wait for an object, and makes nothing if there is none.
    using _guest = name === "dump"
      ? new Guest({}, 1 << 18, opening.object)
      : null;
    const [program, ...args] = readerCommand([...opening.args]);
    const child = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await until(
        "it is made",
        () => files.every((file) => opening.made().includes(file)),
      );
      assert(name === "dump" || opening.made().includes(opening.object));
    } finally {
      try {
        child.kill("SIGKILL");
      } catch {
        // dump has ended
      }
      await child.status;
    }
  });
}

/**
 * Changes that leave out whether a file holds metrics, and who has locked it.
 */
const UNLOOKED: Readonly<Record<string, Change[]>> = {
  "cli/files/metrics_file.ts": [{
    find: 'head === "" || head === BEGINS',
    replace: "head !== null",
  }],
  "cli/files/locked_file.ts": [{
    find:
      "const holder = lockFile(this.#libc, fd, this.path);\n      // Another",
    replace: "const holder = 0;\n      // Another",
  }],
};

Deno.test("control: unguarded, a metrics file takes the place of the log", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const log = folder.at("log");
  await Deno.writeTextFile(log, "before\n");
  using unguarded = new ChangedReader({
    ...UNLOOKED,
    "cli/arguments/paths.ts": [{
      find: "other !== undefined && other.option !== use.option",
      replace: "false",
    }],
  });
  const args = ["-s", guest.name, "--once", "-f", log, "--metrics-file", log];
  await runCommand(unguarded.command(args));
  assert(!(await Deno.readTextFile(log)).startsWith("before\n"));
});

Deno.test("control: compared by their text, two paths of the log are two files", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const log = folder.at("log");
  await Deno.writeTextFile(log, "before\n");
  using textual = new ChangedReader({
    ...UNLOOKED,
    "cli/files/identity.ts": [{
      find: "return statTarget(libc, path)?.identity ?? null;",
      replace: "return statTarget(libc, path) && null;",
    }],
  });
  const args = ["-s", guest.name, "--once", "-f", log, "--metrics-file"];
  await runCommand(textual.command([...args, relative(Deno.cwd(), log)]));
  assert(!(await Deno.readTextFile(log)).startsWith("before\n"));
});

Deno.test("no file is written that is another one's, or the ring itself", async () => {
  using folder = new TempFolder();
  const log = folder.at("log");
  await Deno.writeTextFile(log, "before\n");
  const [linked, hard] = [folder.at("linked"), folder.at("hard")];
  await Deno.symlink(folder.path, linked);
  await Deno.link(log, hard);
  const other = folder.at("other");
  await Deno.writeTextFile(other, "before\n");
  await Deno.link(other, `${log}.1`);
  const near = relative(Deno.cwd(), log);
  const own = basename(folder.path);
  const names = folder.names();
  for (
    const args of [
      ["-s", "x", "-f", log, "--cursor-file", log],
      ["-s", "x", "-f", log, "--metrics-file", `${folder.path}/./log`],
      ["-s", "x", "-f", log, "--metrics-file", near],
      ["-s", "x", "-f", log, "--metrics-file", `${linked}/log`],
      ["-s", "x", "-f", log, "--metrics-file", `${linked}/../${own}/log`],
      ["-s", "x", "-f", log, "--metrics-file", hard],
      ["-s", "x", "-f", folder.at("new"), "--metrics-file", `${linked}/new`],
      ["-s", "x", "-f", "/dev/shm/x"],
      ["-s", "y", ...rotated(log, "2"), "--cursor-file", `${log}.1`],
      ["-s", "y", ...rotated(log, "4"), "--metrics-file", `${log}.3`],
      ["-s", "y", ...rotated(log, "4"), "--metrics-file", `${linked}/log.2`],
      ["-s", "y", ...rotated(log, "2"), "--metrics-file", other],
      ["-s", "y", ...rotated(log, "2"), "--server", `${log}.1`],
      ["-s", "y.1", ...rotated("/dev/shm/y", "2")],
      ["dump", "--image", log, "-f", log],
      ["convert", "--to", "trace.dat", "--image", log, "-o", log],
      ["convert", "--to", "trace.dat", "--image", near, "-o", log],
    ]
  ) {
    const { code, stderr } = await runReader(...args);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, / names, too\n$| -f, --file becomes by rotation\n$/);
    assertEquals(await Deno.readTextFile(log), "before\n");
    assertEquals(folder.names(), names);
  }
});

/** Returns the options of a log that is rotated. */
function rotated(log: string, files: string): string[] {
  return ["-f", log, "-S", "4K", "-N", files];
}

Deno.test("control: unguarded, a log's rotation replaces the cursor", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  for (let i = 0; i < 60; i++) say(guest.writer, 0, `${"x".repeat(99)}\n`);
  using unguarded = new ChangedReader({
    "cli/arguments/paths.ts": [{
      find: "output?.rotation.limitBytes === undefined",
      replace: "true",
    }],
  });
  const args = ["-s", guest.name, "--once", ...rotated(folder.at("log"), "2")];
  const cursor = ["--cursor-file", folder.at("log.1")];
  await runCommand(unguarded.command([...args, ...cursor]));
  assert(folder.read("log").length + folder.read("log.1").length < 6000);
});

Deno.test("a name that rotation does not come to is free for a cursor", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  say(guest.writer, 0, "hello\n");
  const args = ["-s", guest.name, "--once", ...rotated(folder.at("log"), "2")];
  const { code, stderr } = await runReader(
    ...[...args, "--cursor-file", folder.at("log.2")],
  );
  assertEquals(code, 0, stderr);
  assertEquals(folder.names(), ["log", "log.2"]);
});

Deno.test("a command that does not wait leaves no files if there is nothing to read", async () => {
  using folder = new TempFolder();
  using blank = new SharedObject(1 << 18);
  const files = ["-f", folder.at("log"), "--cursor-file", folder.at("cursor")];
  const metrics = ["--metrics-file", folder.at("metrics")];
  for (
    const args of [
      ["-s", uniqueName(), "--once", ...files, ...metrics],
      ["-s", blank.name, "--once", ...files, ...metrics],
      ["dump", "-s", uniqueName(), "-f", folder.at("log")],
      ["dump", "--image", folder.at("none"), "-f", folder.at("log")],
    ]
  ) {
    const { code, stderr } = await runReader(...args);
    assertEquals([code, stderr.split("\n").length], [1, 2], stderr);
    assertEquals(folder.names(), []);
  }
});
