// SPDX-License-Identifier: MIT
/**
 * Running `deno test` in a `/dev/shm` of its own where the host allows one, and
 * telling what was skipped and how many tests there were.
 *
 * @module
 */
import { TextLineStream } from "@std/streams";
import { TEST_IMPORTS } from "../../packaging/permissions.ts";
import { PRIVATE_VARIABLE, privateMemoryPrefix } from "./private_memory.ts";
import { ROOT } from "../../packaging/root.ts";
import { packagesFor, splitSkipped } from "./skipping.ts";
import { countsIn, countsOfRun, type TestCounts } from "./test_counts.ts";

const COMMAND = [
  Deno.execPath(),
  "test",
  "--no-prompt",
  ...TEST_IMPORTS,
  // Deno keeps /proc and /dev, where tests look, to those who have all.
  "--allow-all",
];

/** How a run went. */
export interface Tested {
  readonly counts: TestCounts;
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
  const prefix = privateMemoryPrefix();
  const [program, ...rest] = [...prefix ?? [], ...COMMAND, ...args];
  const child = new Deno.Command(program, {
    args: rest,
    cwd: ROOT,
    env: {
      ...env,
      [PRIVATE_VARIABLE]: prefix === null ? "" : "1",
      // Colours would stand between the names and their outcome.
      NO_COLOR: "1",
      // Nothing of what this host's readers are told.
      IVRING_CONFIG: "",
    },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const skipped: string[] = [];
  let counts: TestCounts | null = null;
  const lines = child.stdout
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    show(line);
    // What tests print may look like a closing line: the last one is its own.
    counts = countsIn(line) ?? counts;
    const name = /^(.*) \.\.\. ignored\b/.exec(line)?.[1];
    if (name !== undefined) skipped.push(name);
  }
  const { code } = await child.status;
  return { counts: countsOfRun(counts, code), skipped };
}

/** Tells what was skipped, one line each, and what to install for it. */
export function tellSkipped(names: readonly string[]): void {
  for (const each of names) {
    const { name, reason } = splitSkipped(each);
    console.log(`  ${name}: ${reason}`);
  }
  const packages = packagesFor(names);
  if (packages.length === 0) return;
  console.log(
    "To run them: apt-get install --no-install-recommends " +
      packages.join(" "),
  );
}
