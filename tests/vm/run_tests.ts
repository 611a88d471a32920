// SPDX-License-Identifier: MIT
/**
 * `deno task test:vm`: runs the tests with virtual machines on a kernel of each
 * wanted series, or only on the one that IVRING_VM_KERNEL names. A series that
 * is not installed is reported; with IVRING_REQUIRE_VM=1 it is a failure.
 * Arguments, such as a file or `--filter`, are passed on to `deno test`.
 *
 * @module
 */
import { sumLine, sumOf } from "../tools/test_counts.ts";
import { denoTest, tellSkipped, type Tested } from "../tools/test_runner.ts";
import {
  howToGet,
  type Series,
  type WantedKernel,
  wantedKernels,
} from "./kernel.ts";
import { halvesOf } from "../tools/halves.ts";
import { inLanes, type Job } from "../tools/lanes.ts";
import { taskArgs } from "../tools/task_args.ts";

/** About how long everything takes on two cores and without KVM, in minutes. */
const MINUTES = 18;

/**
 * How many guests run at a time if everything is run. Most of the time a guest
 * has only one busy CPU.
 */
const LANES = 2;

/** The result for a kernel on which nothing is run. */
const NOTHING: Tested = {
  counts: { passed: 0, failed: 0, skipped: 0 },
  skipped: [],
};

/**
 * Tests that are run on the first kernel only, and what they are about; another
 * kernel would change nothing. The driver has the same sources for all kernels,
 * and the other tests run on each kernel what depends on its version.
 */
const ON_FIRST_ONLY = {
  "binary_test.ts": "the executable on the host",
  "command_test.ts": "the reader; streams_test.ts writes the same messages",
  "driver_controls_test.ts": "the tests: whether they notice a missing check",
  "host_sees_test.ts": "the reader, of a guest that QEMU stops",
  "loss_test.ts": "rings that are overwritten: tests/guest has more of it",
  "lossless_test.ts": "words in shared memory, and the host's processes",
  "migration_test.ts": "QEMU, and the readers' cursors",
  "record_test.ts": "the host's trace files",
  "rewind_test.ts": "QEMU's snapshots, and the reader",
};

/**
 * Tests that are run on kernels that are not installed: those that depend most
 * on the kernel or the processor. They cover messages from all contexts with
 * exact counts, the kernel log, its events in each way, and a panic.
 */
const ON_UNPACKED = [
  "klog_test.ts",
  "panic_test.ts",
  "probes_test.ts",
  "streams_test.ts",
  "trace_test.ts",
];

const inFolder = (name: string) => `tests/vm/${name}`;

/** What is run on a kernel. */
interface Choice {
  /** Arguments for each run of `deno test`; none if nothing is run. */
  readonly runs: readonly (readonly string[])[];
  /** Texts that say what is not run, or what alone is run. */
  readonly words: readonly string[];
}

/**
 * Chooses what is run on a kernel.
 *
 * @param args This program's arguments.
 * @param series Null for a kernel that was named, on which everything is run.
 */
function choose(
  args: readonly string[],
  series: Series | null,
  isFirst: boolean,
): Choice {
  const named = args.filter((arg) => arg.startsWith("tests/"));
  const isUnpacked = series !== null && series.origin !== null;
  if (named.length > 0) {
    const those = ON_UNPACKED.map(inFolder);
    const out = isUnpacked ? named.filter((arg) => !those.includes(arg)) : [];
    return {
      runs: out.length < named.length
        ? [args.filter((arg) => !out.includes(arg))]
        : [],
      words: out.map((arg) => `without ${arg}`),
    };
  }
  if (isUnpacked) {
    return {
      runs: [[...args, ...ON_UNPACKED.map(inFolder)]],
      words: [`only ${ON_UNPACKED.join(", ")}`],
    };
  }
  const leftOut = isFirst ? [] : Object.keys(ON_FIRST_ONLY);
  return {
    runs: halvesOf("tests/vm", leftOut).map((half) => [...args, ...half]),
    words: leftOut.map((name) => `without ${name}`),
  };
}

/**
 * Lists what is run on a kernel.
 *
 * @param wanted Null if there is no kernel; the tests then say what to do.
 * @param isFirst Whether it is the first of all kernels.
 */
function jobsOn(
  wanted: WantedKernel | null,
  args: readonly string[],
  isFirst: boolean,
): Job<Tested>[] {
  const { runs, words } = choose(args, wanted?.series ?? null, isFirst);
  const env: Record<string, string> = wanted === null ? {} : {
    IVRING_VM_KERNEL: wanted.kernel.vmlinuz,
    IVRING_VM_HEADERS: wanted.kernel.headers,
  };
  const tell = (say: (line: string) => void, i: number) => {
    const part = runs.length > 1 ? `, part ${i + 1} of ${runs.length}` : "";
    say(`Kernel: ${wanted?.kernel.release ?? "none"}${part}`);
    if (i === 0) { for (const each of words) say(`  ${each}`); }
  };
  if (runs.length === 0) {
    return [(say) => (tell(say, 0), Promise.resolve(NOTHING))];
  }
  return runs.map((chosen, i) => (say) => {
    tell(say, i);
    return denoTest(chosen, env, say);
  });
}

/**
 * Runs the tests on all kernels.
 *
 * @returns The exit code.
 */
async function run(args: readonly string[]): Promise<number> {
  const { kernels, missing } = wantedKernels();
  const required = Deno.env.get("IVRING_REQUIRE_VM") === "1";
  if (args.length === 0 && kernels.length > 0) {
    console.log(`All tests take about ${MINUTES} minutes on two cores.`);
  }
  // All kernels are tested even if one fails, because each may fail by itself.
  const jobs = (kernels.length > 0 ? kernels : [null])
    .flatMap((kernel, i) => jobsOn(kernel, args, i === 0));
  const lanes = args.length > 0 ? 1 : LANES;
  const runs = await inLanes(jobs, lanes, console.log);
  console.log("Skipped:");
  for (const series of missing) {
    const mark = required ? "FAILED: " : "";
    console.log(`  ${mark}Linux ${series.name}: ${howToGet(series)}`);
  }
  tellSkipped(runs.flatMap(({ skipped }) => skipped));
  const counts = runs.map((each) => each.counts);
  if (required) {
    counts.push({ passed: 0, failed: missing.length, skipped: 0 });
  }
  const sums = sumOf(counts);
  console.log(sumLine(sums));
  return sums.failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await run(taskArgs()));
