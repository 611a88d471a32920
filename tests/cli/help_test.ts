// SPDX-License-Identifier: MIT
/** Help: of every command, and every example in it is run. */
import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "../../cli/commands.ts";
import { EXAMPLES } from "../../cli/examples.ts";
import { helpText } from "../../cli/help.ts";
import { flagOf, OPTIONS, type OptionSpec } from "../../cli/options.ts";
import { Guest } from "../support/guest.ts";
import { programTest } from "../support/programs.ts";
import {
  endedOf,
  readerCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

/** A screen, with room for the prompt; a terminal has 24 lines at least. */
const LONG_LINES = 50;
const SHORT_LINES = 24;

for (const command of COMMANDS) {
  for (const named of [false, true]) {
    Deno.test(`help of ${command.name} fits a screen (named: ${named})`, () => {
      for (const long of [false, true]) {
        const lines = helpText(command, named, long).trimEnd().split("\n");
        const most = long ? LONG_LINES : SHORT_LINES;
        assert(lines.length <= most, `${lines.length} lines`);
        for (const line of lines) assert(line.length <= 80, line);
      }
    });
  }

  Deno.test(`help of ${command.name} has its options and no others`, () => {
    const text = helpText(command, true, true);
    for (const [name, spec] of Object.entries<OptionSpec>(OPTIONS)) {
      const wanted = ["h", "help", "version", ...command.options];
      const has = text.includes(` ${flagOf(name, spec)} `);
      if (name !== "h") assertEquals(has, wanted.includes(name), name);
    }
    assert(text.includes(command.summary.toLowerCase()), text);
  });
}

Deno.test("every command has examples, and no other name has", () => {
  const names = COMMANDS.map(({ name }) => name);
  assertEquals(Object.keys(EXAMPLES).sort(), [...names].sort());
  for (const name of names) assert(EXAMPLES[name].length > 0, name);
});

Deno.test("help is printed on standard output, of the command named", async () => {
  for (const args of [["--help"], ["-h"], ["list", "--help"], ["dump", "-h"]]) {
    const { code, stdout, stderr } = await runReader(...args);
    assertEquals([code, stderr], [0, ""]);
    const named = COMMANDS.find(({ name }) => name === args[0]);
    const long = args.includes("--help");
    assertEquals(
      stdout,
      helpText(named ?? COMMANDS[0], named !== undefined, long),
    );
  }
});

/** Words that the shell takes as they are. */
function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}

/** Whether a process has an object mapped. */
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
 * Runs a line in a shell, with /vm1 replaced. A reader that follows is told to
 * stop as soon as it has mapped the object: it then reads what is there.
 */
async function runExample(
  call: string,
  object: string,
  folder: TempFolder,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const bin = folder.at("bin");
  Deno.mkdirSync(bin);
  const pidFile = folder.at("pid");
  Deno.writeTextFileSync(
    `${bin}/ivring_reader`,
    `#!/bin/sh\necho $$ > '${pidFile}'\ncd "$ROOT"\n` +
      `exec ${quoted(readerCommand([]))} "$@"\n`,
    { mode: 0o755 },
  );
  // The sources are run where they are; files are named from the folder.
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

/** What an example has to print, by a word of it. */
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

/** A test that may need another project's program. */
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
