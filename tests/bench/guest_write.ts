// SPDX-License-Identifier: MIT
/**
 * Part 1: what writing a record costs the guest. It is measured in user space,
 * where rivals can be measured beside it in the same process.
 *
 * @module
 */
import { probeCompiler, Workbench } from "./workbench.ts";
import { LttngSession } from "./lttng.ts";
import type { Context, Part, PartResult } from "./part.ts";
import { buildPrograms, type Programs } from "./write_build.ts";
import { measureReading } from "./write_read.ts";
import {
  caseKey,
  type Clock,
  type Measured,
  measureWrites,
  PROCESSES_MOST,
  type WriteCase,
} from "./write_runs.ts";
import { CLOCKS, SIZES, writeGoals, writeTables } from "./write_tables.ts";

/** Part 1. */
export const GUEST_WRITE: Part = {
  name: "guest-write",
  title: "Writing a record",
  run,
};

const REMARKS = [
  "Writer and rivals in user space, each thread on a CPU of its own; ns a " +
  "record. Every figure is the median of 5 processes (in brackets the least " +
  "and the greatest), each the median of many short slices in which all " +
  "contenders take turns; one in which a thread had to share its CPU is measured " +
  "again. Ratios are taken slice by slice.",
  "The floor is what any ring has to do: read the same clock, store a header " +
  "of 16 bytes, copy the payload with the same memcpy of libc's, in a ring of " +
  "the same size.",
  "Rivals do less: ck_ring has records of one size, known when it is compiled, " +
  "no time, and stops when it is full; the spinlock's ring cannot be written " +
  "to from an interrupt that hits a write; the LOCK XADD ring does not know " +
  "what it has lost; the pipe is empty at first and nobody reads it meanwhile. " +
  "LTTng-UST keeps a flight recorder of 2 MiB a CPU.",
  "Processes are measured until five have had about the same floor, at most " +
  `${PROCESSES_MOST} of them; those with the fastest floor are shown.`,
];

async function run(context: Context): Promise<PartResult> {
  using bench = new Workbench(probeCompiler());
  const programs = buildPrograms(bench);
  const main = new Map<string, Measured>();
  for (const what of cases(SIZES)) {
    context.progress(caseKey(what));
    const start = { command: [programs.path] };
    main.set(
      caseKey(what),
      measureWrites(context, start, what, programs.contenders),
    );
  }
  const lttng = await measureLttng(context, programs);
  const reading = await measureReading(context, bench, programs.path);
  const results = { main, lttng };
  return {
    tables: [...writeTables(results), reading],
    goals: writeGoals(results),
    remarks: [...REMARKS, ...programs.remarks],
  };
}

/**
 * Returns the cases: one thread with every size, two threads with the middle
 * one.
 */
function cases(sizes: readonly number[]): WriteCase[] {
  return CLOCKS.flatMap(({ clock }) => [
    ...sizes.map((sizeBytes) => ({ clock, threads: 1, sizeBytes })),
    { clock, threads: 2, sizeBytes: 64 },
  ]);
}

async function measureLttng(
  context: Context,
  { lttng }: Programs,
): Promise<Map<string, Measured>> {
  const found = new Map<string, Measured>();
  if (lttng === null) return found;
  const sizes = context.quick ? [64] : SIZES;
  const clocks: readonly Clock[] = ["mono", "tsc"];
  for (const clock of clocks) {
    const plugin = clock === "tsc" ? lttng.clock : "";
    await using session = await LttngSession.start(plugin);
    const start = session.traced([lttng.path]);
    for (const what of cases(sizes).filter((each) => each.clock === clock)) {
      context.progress(`LTTng ${caseKey(what)}`);
      const contenders = ["floor", "ours", "lttng"];
      found.set(
        caseKey(what),
        measureWrites(context, start, what, contenders),
      );
    }
  }
  return found;
}
