// SPDX-License-Identifier: MIT
/**
 * `deno task test`: runs every test that needs no virtual machine, and then
 * lists what was skipped, why, and what to install for it. The last line has
 * the totals. Arguments, such as a file or `--filter`, are passed on to `deno
 * test`.
 *
 * @module
 */
import { existsSync } from "@std/fs/exists";
import { halvesOf } from "./halves.ts";
import { inLanes, type Job } from "./lanes.ts";
import { ROOT } from "../../packaging/root.ts";
import { taskArgs } from "./task_args.ts";
import { sumLine, sumOf } from "./test_counts.ts";
import { denoTest, tellSkipped, type Tested } from "./test_runner.ts";

/** About how long everything takes on two cores, in minutes. */
const MINUTES = 20;

/** The file that runs tests of `tests/cli` again, with the compiled reader. */
const EXECUTABLE = "tests/cli/binary_test.ts";

/** Folders of tests that this task leaves out, and why. */
const LEFT_OUT = {
  "tests/vm": "needs QEMU and a guest kernel; run `deno task test:vm`",
  "tests/bpf": "needs clang and more; run `deno task test:bpf`",
  "tests/systemtap": "takes minutes; run `deno task test:systemtap`",
};

/**
 * Folders and files that are parts of their own. The tests of the executable
 * mostly wait, so others should run beside them.
 */
const PARTS = [
  ...["tests/guest", EXECUTABLE, "tests/packaging"],
  ...["tests/guards", "tests/model"],
];

/**
 * Lists what `deno test` is given for each part where all is run. The longest come
 * first, so that no processor is left without work at the end: the two halves of
 * `tests/cli`, and then the others.
 *
 * @param args Arguments of this program. With `--ignore=` and one of PARTS, that
 *   part is left out.
 */
function allParts(args: readonly string[]): string[][] {
  const ignores = (part: string) => args.includes(`--ignore=${part}`);
  const passedOn = args.filter((arg) =>
    !PARTS.some((part) => arg === `--ignore=${part}`)
  );
  const ignored = [...Object.keys(LEFT_OUT), ...PARTS, "tests/cli"];
  return [
    ...halvesOf("tests/cli", [EXECUTABLE.replace(/^.*\//, "")]),
    ...PARTS.filter((part) => !ignores(part)).map((part) => [part]),
    [`--ignore=${ignored}`, "tests/"],
  ].map((part) => [...passedOn, ...part]);
}
/**
 * How many parts run at a time. It is one more than the two processors that this
 * was measured on, because tests of the command line often wait.
 */
const LANES = 3;

/** Runs everything, and shows one part after the other. */
function runAll(args: readonly string[]): Promise<Tested[]> {
  const jobs = allParts(args).map((part): Job<Tested> => (say) =>
    denoTest(part, {}, say)
  );
  return inLanes(jobs, LANES, console.log);
}

async function run(args: readonly string[]): Promise<number> {
  const named = args.some((arg) => arg.startsWith("tests/"));
  if (args.length === 0) {
    console.log(`All tests take about ${MINUTES} minutes on two cores.`);
  }
  const runs = named ? [await denoTest(args)] : await runAll(args);
  console.log("Skipped:");
  for (const [folder, why] of Object.entries(LEFT_OUT)) {
    const isThere = existsSync(`${ROOT}/${folder}`, { isDirectory: true });
    if (isThere) console.log(`  ${folder}: ${why}`);
  }
  tellSkipped(runs.flatMap(({ skipped }) => skipped));
  const sums = sumOf(runs.map(({ counts }) => counts));
  console.log(sumLine(sums));
  return sums.failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await run(taskArgs()));
