// SPDX-License-Identifier: MIT
/**
 * Runs `deno test`, in a `/dev/shm` of its own if the host allows one, and
 * reports what was skipped and how many tests there were.
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

const NO_CHECK = "--no-check";

/**
 * Returns further options for `deno test`. Whoever has just run `deno task check`
 * sets IVRING_TYPES_CHECKED=1, so that each part of the tests need not check the
 * same types again.
 */
function moreOptions(args: readonly string[]): string[] {
  const isChecked = Deno.env.get("IVRING_TYPES_CHECKED") === "1";
  return isChecked && !args.includes(NO_CHECK) ? [NO_CHECK] : [];
}

/** How a run went. */
export interface Tested {
  readonly counts: TestCounts;
  /** Names of tests that were skipped, with their reasons. */
  readonly skipped: readonly string[];
}

/**
 * Runs tests and shows their output.
 *
 * @param args Arguments for `deno test`: files, folders, options.
 * @param env Variables that are added to the environment.
 * @param show Shows a line of the output; by default it is printed at once.
 */
export async function denoTest(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  show: (line: string) => void = console.log,
): Promise<Tested> {
  const prefix = privateMemoryPrefix();
  const [program, ...rest] = [
    ...(prefix ?? []),
    ...[...COMMAND, ...moreOptions(args), ...args],
  ];
  const child = new Deno.Command(program, {
    args: rest,
    cwd: ROOT,
    env: {
      ...env,
      [PRIVATE_VARIABLE]: prefix === null ? "" : "1",
      // Colours would stand between the tests' names and their results.
      NO_COLOR: "1",
      // Options for this host's readers must not reach the tests.
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
    // What tests print may look like a closing line; the run's own is the last
    // one.
    counts = countsIn(line) ?? counts;
    const name = /^(.*) \.\.\. ignored\b/.exec(line)?.[1];
    if (name !== undefined) skipped.push(name);
  }
  const { code } = await child.status;
  return { counts: countsOfRun(counts, code), skipped };
}

/** Reports what was skipped, one line each, and what to install for it. */
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
