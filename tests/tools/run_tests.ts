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
  "tests/systemtap": "takes minutes; run `deno task test:systemtap`",
};

/** The files of `tests/cli`, which take longest of all, in two parts. */
function commandLineHalves(): string[][] {
  const files = [...Deno.readDirSync(`${ROOT}/tests/cli`)]
    .map(({ name }) => `tests/cli/${name}`)
    .filter((path) => path.endsWith("_test.ts") && path !== EXECUTABLE).sort();
  return [0, 1].map((half) => files.filter((_, i) => i % 2 === half));
}

/** Folders and files that are parts of their own. */
const PARTS = [
  ...["tests/guards", "tests/packaging", "tests/guest"],
  ...[EXECUTABLE, "tests/model"],
];

/**
 * Lists what `deno test` is given for each part where all is run. The longest come
 * first, so that no processor is left without work at the end.
 */
function allParts(): string[][] {
  const ignored = [...Object.keys(LEFT_OUT), ...PARTS, "tests/cli"];
  return [
    ...commandLineHalves(),
    ...PARTS.map((part) => [part]),
    [`--ignore=${ignored}`, "tests/"],
  ];
}

/**
 * How many parts run at a time. It is one more than the two processors that this
 * was measured on, because tests of the command line often wait.
 */
const LANES = 3;

/** Runs everything, and shows one part after the other. */
function runAll(args: readonly string[]): Promise<Tested[]> {
  const jobs = allParts().map((part): Job<Tested> => (say) =>
    denoTest([...args, ...part], {}, say)
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
