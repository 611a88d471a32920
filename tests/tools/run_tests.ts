// SPDX-License-Identifier: MIT
/**
 * `deno task test`: every test that needs no virtual machine, then what was
 * skipped and why. A test that skips itself gives the reason in its name:
 * "NAME (skipped: REASON)".
 *
 * Arguments are handed on to `deno test`, such as a file or `--filter`.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { NPM_IMPORTS } from "./permissions.ts";
import { ROOT } from "./root.ts";

/** Folders of tests that this task leaves out, and why. */
const LEFT_OUT = {
  "tests/vm": "needs QEMU and a guest kernel; run `deno task test:vm`",
  "tests/bench": "measures speed, proves nothing",
};

const COMMAND = [
  "test",
  "--no-prompt",
  ...NPM_IMPORTS,
  "--allow-ffi",
  "--allow-read",
  "--allow-write",
  "--allow-run",
  "--allow-env",
  `--ignore=${Object.keys(LEFT_OUT)}`,
];

/** Runs the tests, shows their output, and collects what was skipped. */
async function run(args: readonly string[]): Promise<number> {
  const named = args.some((arg) => arg.startsWith("tests/"));
  const child = new Deno.Command(Deno.execPath(), {
    args: [...COMMAND, ...args, ...(named ? [] : ["tests/"])],
    cwd: ROOT,
    // Colours would stand between the names and their outcome.
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const skipped: string[] = [];
  const lines = child.stdout
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    console.log(line);
    const name = /^(.*) \.\.\. ignored\b/.exec(line)?.[1];
    if (name !== undefined) skipped.push(name);
  }
  console.log("Skipped:");
  for (const [folder, why] of Object.entries(LEFT_OUT)) {
    if (exists(folder)) console.log(`  ${folder}: ${why}`);
  }
  for (const name of skipped) {
    const [, what, why] = /^(.*) \(skipped: (.*)\)$/.exec(name) ??
      [name, name, "it gives no reason"];
    console.log(`  ${what}: ${why}`);
  }
  return (await child.status).code;
}

function exists(folder: string): boolean {
  try {
    return Deno.statSync(`${ROOT}/${folder}`).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) Deno.exit(await run(Deno.args));
