// SPDX-License-Identifier: MIT
/**
 * `deno task test:vm`: every virtual machine test on a kernel of each series
 * that is wanted, or only on the one that IVRING_VM_KERNEL names. A series
 * that is not installed is told; with IVRING_REQUIRE_VM=1 it is a failure.
 *
 * Arguments are handed on to `deno test`, such as a file or `--filter`.
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
import { inLanes, type Job } from "../tools/lanes.ts";
import { taskArgs } from "../tools/task_args.ts";

/** How long all of it takes, about, on two cores and without KVM. */
const MINUTES = 18;

/**
 * Kernels that are tested at a time where all is run: most of its time a guest
 * has one CPU busy.
 */
const LANES = 2;

/** Of a kernel on which nothing is run. */
const NOTHING: Tested = {
  counts: { passed: 0, failed: 0, skipped: 0 },
  skipped: [],
};

/**
 * Run on the first kernel only, as another one would change nothing: what they
 * are about. The driver has the same sources for all of it, and what is built
 * upon the kernel's version is tested on each by the others.
 */
const ON_FIRST_ONLY = {
  "binary_test.ts": "the executable on the host",
  "host_sees_test.ts": "the reader, of a guest that QEMU stops",
  "loss_test.ts": "rings that are overwritten: tests/guest has more of it",
  "lossless_test.ts": "words in shared memory, and the host's processes",
  "migration_test.ts": "QEMU, and the readers' cursors",
  "record_test.ts": "the host's trace files",
  "rewind_test.ts": "QEMU's snapshots, and the reader",
};

/**
 * Run on kernels that are not installed: what depends most on how a kernel, or
 * a processor, does it. Messages from all contexts with exact accounts, the
 * kernel log, its events, and a panic.
 */
const ON_UNPACKED = [
  "klog_test.ts",
  "panic_test.ts",
  "streams_test.ts",
  "trace_test.ts",
];

const inFolder = (name: string) => `tests/vm/${name}`;

/** What is run on a kernel. */
interface Choice {
  /** Arguments for `deno test`; null if it is nothing. */
  readonly args: readonly string[] | null;
  /** What is not run, or is alone run, in words. */
  readonly words: readonly string[];
}

/**
 * @param args Of this program.
 * @param series Null for a kernel that was asked for: it runs everything.
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
      args: out.length < named.length
        ? args.filter((arg) => !out.includes(arg))
        : null,
      words: out.map((arg) => `without ${arg}`),
    };
  }
  if (isUnpacked) {
    return {
      args: [...args, ...ON_UNPACKED.map(inFolder)],
      words: [`only ${ON_UNPACKED.join(", ")}`],
    };
  }
  const leftOut = isFirst ? [] : Object.keys(ON_FIRST_ONLY);
  return {
    args: [
      ...args,
      ...(isFirst ? [] : [`--ignore=${leftOut.map(inFolder)}`]),
      "tests/vm/",
    ],
    words: leftOut.map((name) => `without ${name}`),
  };
}

/**
 * Tests on a kernel.
 *
 * @param wanted Null where there is none: the tests then tell what to do.
 * @param isFirst Whether it is the first of all.
 */
function testOn(
  wanted: WantedKernel | null,
  args: readonly string[],
  isFirst: boolean,
): Job<Tested> {
  const { args: chosen, words } = choose(
    args,
    wanted?.series ?? null,
    isFirst,
  );
  const env: Record<string, string> = wanted === null ? {} : {
    IVRING_VM_KERNEL: wanted.kernel.vmlinuz,
    IVRING_VM_HEADERS: wanted.kernel.headers,
  };
  return async (say) => {
    say(`Kernel: ${wanted?.kernel.release ?? "none"}`);
    for (const each of words) say(`  ${each}`);
    return chosen === null ? NOTHING : await denoTest(chosen, env, say);
  };
}

/** @returns The exit code. */
async function run(args: readonly string[]): Promise<number> {
  const { kernels, missing } = wantedKernels();
  const required = Deno.env.get("IVRING_REQUIRE_VM") === "1";
  if (args.length === 0 && kernels.length > 0) {
    console.log(`All tests take about ${MINUTES} minutes on two cores.`);
  }
  // One kernel's failure may be the other's too: all are told.
  const jobs = (kernels.length > 0 ? kernels : [null])
    .map((kernel, i) => testOn(kernel, args, i === 0));
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
