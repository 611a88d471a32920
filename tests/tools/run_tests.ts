// SPDX-License-Identifier: MIT
/**
 * `deno task test`: every test that needs no virtual machine, then what was
 * skipped, why, and what to install for it. The last line has the sums of all.
 *
 * Arguments are handed on to `deno test`, such as a file or `--filter`.
 *
 * @module
 */
import { inLanes, type Job } from "./lanes.ts";
import { ROOT } from "../../packaging/root.ts";
import { taskArgs } from "./task_args.ts";
import { sumLine, sumOf } from "./test_counts.ts";
import { denoTest, tellSkipped, type Tested } from "./test_runner.ts";

/** How long all of it takes, about, on two cores. */
const MINUTES = 20;

/** Folders of tests that this task leaves out, and why. */
const LEFT_OUT = {
  "tests/vm": "needs QEMU and a guest kernel; run `deno task test:vm`",
  "tests/systemtap": "takes minutes; run `deno task test:systemtap`",
};

/**
 * Parts that run beside the rest where all is run, and take about as long. Tests
 * of the command line wait often, and most are run twice, from the sources and
 * with the executable; C programs, compilers and Spin keep a processor busy.
 */
const AGAIN = ["tests/cli/binary_test.ts", "tests/guards"];
const PROGRAMS = ["tests/guest", "tests/model", "tests/packaging"];

/** Runs everything, and shows one part after the other. */
function runAll(args: readonly string[]): Promise<Tested[]> {
  const ignored = [...Object.keys(LEFT_OUT), ...AGAIN, ...PROGRAMS];
  const parts = [AGAIN, PROGRAMS, [`--ignore=${ignored}`, "tests/"]];
  const jobs = parts.map((part): Job<Tested> => (say) =>
    denoTest([...args, ...part], {}, say)
  );
  return inLanes(jobs, jobs.length, console.log);
}

async function run(args: readonly string[]): Promise<number> {
  const named = args.some((arg) => arg.startsWith("tests/"));
  if (args.length === 0) {
    console.log(`All tests take about ${MINUTES} minutes on two cores.`);
  }
  const runs = named ? [await denoTest(args)] : await runAll(args);
  console.log("Skipped:");
  for (const [folder, why] of Object.entries(LEFT_OUT)) {
    if (exists(folder)) console.log(`  ${folder}: ${why}`);
  }
  tellSkipped(runs.flatMap(({ skipped }) => skipped));
  const sums = sumOf(runs.map(({ counts }) => counts));
  console.log(sumLine(sums));
  return sums.failed === 0 ? 0 : 1;
}

function exists(folder: string): boolean {
  try {
    return Deno.statSync(`${ROOT}/${folder}`).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) Deno.exit(await run(taskArgs()));
