// SPDX-License-Identifier: MIT
/**
 * Running `deno test`, with what was skipped. A test that skips itself gives
 * the reason in its name: "NAME (skipped: REASON)".
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { NPM_IMPORTS } from "./permissions.ts";
import { ROOT } from "./root.ts";

const COMMAND = [
  "test",
  "--no-prompt",
  ...NPM_IMPORTS,
  // Deno keeps /proc and /dev, where tests look, to those who have all.
  "--allow-all",
];

/** How it went. */
export interface Tested {
  /** The runner's exit code. */
  readonly code: number;
  /** Names of tests that were skipped, with their reasons. */
  readonly skipped: readonly string[];
}

/**
 * Runs tests and shows their output.
 *
 * @param args For `deno test`: files, folders, options.
 * @param env Added to the environment.
 * @param show Shows a line of it; not given, at once.
 */
export async function denoTest(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  show: (line: string) => void = console.log,
): Promise<Tested> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...COMMAND, ...args],
    cwd: ROOT,
    // Colours would stand between the names and their outcome.
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const skipped: string[] = [];
  const lines = child.stdout
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    show(line);
    const name = /^(.*) \.\.\. ignored\b/.exec(line)?.[1];
    if (name !== undefined) skipped.push(name);
  }
  return { code: (await child.status).code, skipped };
}

/** Tells what was skipped, one line each. */
export function tellSkipped(names: readonly string[]): void {
  for (const name of names) {
    const [, what, why] = /^(.*) \(skipped: (.*)\)$/.exec(name) ??
      [name, name, "it gives no reason"];
    console.log(`  ${what}: ${why}`);
  }
}
