// SPDX-License-Identifier: MIT
/** Tests the help of every command. Every example in it is run. */
import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "../../cli/commands/mod.ts";
import { EXAMPLES } from "../../cli/command_line/examples.ts";
import { head, helpText } from "../../cli/command_line/help.ts";
import {
  ALWAYS,
  flagOf,
  type OptionName,
  OPTIONS,
  type OptionSpec,
  wordsOf,
} from "../../cli/arguments/options.ts";
import { Guest } from "../support/guest.ts";
import { programTest } from "../support/programs.ts";
import { hasPrivateMemory, OwnReader } from "../support/own_reader.ts";
import { endedOf, runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

/** The most lines of the short help, because a terminal has at least 24. */
const SHORT_LINES = 24;

for (const command of COMMANDS) {
  for (const named of [false, true]) {
    Deno.test(`help of ${command.name} fits a screen (named: ${named})`, () => {
      const lines = (long: boolean) =>
        helpText(command, named, long).trimEnd().split("\n");
      assert(
        lines(false).length <= SHORT_LINES,
        `${lines(false).length} lines`,
      );
      for (const line of [...lines(false), ...lines(true)]) {
        assert(line.length <= 80, line);
      }
    });
  }

  Deno.test(`help of ${command.name} has its options and no others`, () => {
    const text = helpText(command, true, true);
    for (const [name, spec] of Object.entries<OptionSpec>(OPTIONS)) {
      const wanted: readonly string[] = [...ALWAYS, ...command.options];
      const has = text.includes(` ${flagOf(name, spec)} `);
      if (name !== "h") assertEquals(has, wanted.includes(name), name);
    }
    assert(text.includes(command.summary.slice(1)), text);
  });
}

/** Returns a text without the line ends that come from its layout. */
function flowing(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

for (const command of COMMANDS) {
  Deno.test(`long help of ${command.name} has all that the reference has`, () => {
    const text = flowing(helpText(command, true, true));
    for (const [name, spec] of Object.entries<OptionSpec>(OPTIONS)) {
      if (!command.options.includes(name as OptionName)) continue;
      const { summary, details } = wordsOf(spec, command.name);
      const said = [summary, ...details?.split("\n") ?? []];
      if (spec.choices) said.push(`: ${spec.choices.join(", ")} `);
      if (spec.default) said.push(`Default: ${spec.default}.`);
      for (const each of said) assert(text.includes(flowing(each)), each);
    }
  });

  Deno.test(`short help of ${command.name} has what it cannot do without`, () => {
    const text = helpText(command, true, false);
    for (const name of command.options) {
      const spec: OptionSpec = OPTIONS[name];
      if (spec.required) assert(text.includes(` ${head(name, spec)} `), name);
    }
  });
}

Deno.test("help of a command speaks of that command", () => {
  const record = helpText(
    COMMANDS.find(({ name }) => name === "record")!,
    true,
    true,
  );
  assertEquals(/FILE\.1|Print what is there|for read/.exec(record), null);
  assert(record.startsWith("ivring_reader record: copy the rings into a CTF "));
});

Deno.test("every command has examples, and no other name has", () => {
  const names = COMMANDS.map(({ name }) => name);
  assertEquals(Object.keys(EXAMPLES).sort(), [...names].sort());
  for (const name of names) assert(EXAMPLES[name].length > 0, name);
});

Deno.test("help is printed on standard output, of the command named", async () => {
  for (
    const args of [
      ...[["--help"], ["-h"], ["list", "--help"], ["dump", "-h"], ["help"]],
      ...[["help", "record"], ["info", "help"]],
    ]
  ) {
    const { code, stdout, stderr } = await runReader(...args);
    assertEquals([code, stderr], [0, ""]);
    const named = COMMANDS.find(({ name }) => args.includes(name));
    const long = !args.includes("-h");
    assertEquals(
      stdout,
      helpText(named ?? COMMANDS[0], named !== undefined, long),
    );
  }
});

/** Quotes words for the shell, which then takes them literally. */
function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}

/** Tells whether a process has an object mapped. */
function hasMapped(pid: string, object: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/maps`).includes(
      `/dev/shm${object}`,
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Runs a line in a shell, with /vm1 replaced. A reader that follows is stopped
 * as soon as it has mapped the object; it then reads what is there.
 */
async function runExample(
  call: string,
  object: string,
  folder: TempFolder,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const looksAtAll = / list|--all/.test(call);
  using reader = new OwnReader(hasPrivateMemory() || !looksAtAll);
  const bin = folder.at("bin");
  Deno.mkdirSync(bin);
  const pidFile = folder.at("pid");
  Deno.writeTextFileSync(
    `${bin}/ivring_reader`,
    `#!/bin/sh\necho $$ > '${pidFile}'\ncd "$ROOT"\n` +
      `exec ${quoted(reader.command([]))} "$@"\n`,
    { mode: 0o755 },
  );
  // The sources are run where they are, so files are named by their folder.
  if (call.includes("--image saved") && !call.startsWith("cp ")) {
    Deno.copyFileSync(`/dev/shm${object}`, folder.at("saved"));
  }
  const line = call.replaceAll("/vm1", object)
    .replaceAll(
      /(-o|--image|&& babeltrace2|cp \/dev\/shm\/\S+) (\w+)/g,
      `$1 ${folder.path}/$2`,
    );
  const child = new Deno.Command("sh", {
    args: ["-c", line],
    cwd: folder.path,
    env: {
      NO_COLOR: "1",
      PATH: `${bin}:${Deno.env.get("PATH")}`,
      ROOT: Deno.cwd(),
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  if (follows(call)) {
    let pid = "";
    await until("the object is mapped", () => {
      pid = folder.read("pid").trim();
      return pid !== "" && hasMapped(pid, object);
    });
    Deno.kill(Number(pid), "SIGINT");
  }
  return endedOf(await output);
}

function follows(call: string): boolean {
  return !/ (list|info|dump|convert) |--once/.test(call);
}

/** What an example has to print; the example is found by a word in it. */
const EXPECTED: readonly (readonly [RegExp, RegExp])[] = [
  [/\| jq \.message/, /^"a guest's message"$/m],
  [/list --json/, /^\/ivring-test/m],
  [/--json \| jq \./, /^\{\n/],
  [/ list/, /ivring-test/],
  [/ info/, /[0-9]/],
  [/--level err/, /\[ {4}1\.000000\] no disk$/m],
  [/ > vm1\.dmesg/, /^$/],
  [/ convert/, /^$/],
  [/ record .*--once/, /no disk|message/],
  [/ record/, /^$/],
  [/./, /a guest's message/],
];

/** Registers a test that may need another project's program. */
function exampleTest(
  name: string,
  call: string,
  fn: () => Promise<void>,
): void {
  for (const program of ["jq", "babeltrace2"]) {
    if (call.includes(program)) {
      programTest(name, program, program, fn);
      return;
    }
  }
  Deno.test(name, fn);
}

for (const [name, examples] of Object.entries(EXAMPLES)) {
  for (const [call] of examples) {
    exampleTest(`example of ${name}: ${call}`, call, async () => {
      using guest = new Guest();
      using folder = new TempFolder();
      say(guest.writer, 0, "a guest's message");
      guest.writer.log({
        seq: 1n,
        timeUs: 1_000_000n,
        priority: 3,
        text: "no disk",
      });
      const ended = await runExample(call, guest.name, folder);
      assertEquals(ended.code, 0, ended.stderr);
      const [, pattern] = EXPECTED.find(([each]) => each.test(call))!;
      assert(pattern.test(ended.stdout), ended.stdout + ended.stderr);
      if (call.includes("> vm1.dmesg")) {
        assertEquals(folder.read("vm1.dmesg"), "[    1.000000] no disk\n");
      }
    });
  }
}
