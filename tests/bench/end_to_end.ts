// SPDX-License-Identifier: MIT
/**
 * Part 3: from the guest's write to the line on the host.
 *
 * @module
 */
import { figureOf, ratioOf } from "./figures.ts";
import { type Reader, READERS, ROUNDS, start, STEADY } from "./end_readers.ts";
import {
  buildEnds,
  type EndPrograms,
  type EndToEnd,
  isLossless,
} from "./end_run.ts";
import { measureLatency, measureRings } from "./end_tables.ts";
import { type EndTools, makeEndTools } from "./end_tools.ts";
import type { Context, Part, PartResult, Table } from "./part.ts";
import { probeCompiler, Workbench } from "./workbench.ts";

/** Part 3. */
export const END_TO_END: Part = {
  name: "end-to-end",
  title: "From the guest's write to the host's line",
  run,
};

const REMARKS = [
  "The guest is a writer in C in a process on the host, of 64 B a record, into " +
  "a region of 16 MiB; a program in C takes the reader's output from a pipe " +
  "and compares the time in each line with that at which it came, on the same " +
  "clock. Writer, reader and that program share the machine's CPUs. A virtual " +
  "machine's clock is not the host's, so none stands here. The reader in C " +
  "reads one ring and can do nothing else; both sleep from 1 to 200 ms, " +
  "longer the longer nothing has come.",
];

async function run(context: Context): Promise<PartResult> {
  using bench = new Workbench(probeCompiler());
  const ends = buildEnds(bench);
  using tools = await makeEndTools(bench);
  const rates = await measureRates(context, tools, ends);
  const ages = await measureLatency(context, tools, ends);
  const rings = await measureRings(context, tools, ends);
  return {
    tables: [rates, ages, rings],
    goals: [],
    remarks: [...tools.remarks, ...REMARKS],
  };
}

/** Measures the highest of rising rates up to which nothing is lost. */
async function measureRates(
  context: Context,
  tools: EndTools,
  ends: EndPrograms,
): Promise<Table> {
  const [from, factor, ms] = context.quick
    ? [2_000_000, 2, 150]
    : [200_000, 1.25, 1000];
  const found = new Map<Reader, number[]>();
  await using stack = new AsyncDisposableStack();
  const ways = new Map<Reader, EndToEnd>();
  for (const reader of READERS) {
    const way = stack.use(await start(context, tools, ends, reader, 1));
    // The code that is used most has to be compiled first.
    await way.step(STEADY, ms);
    ways.set(reader, way);
    found.set(reader, []);
  }
  for (let round = 0; round < ROUNDS; round++) {
    context.progress(`highest rate, round ${round + 1} of ${ROUNDS}`);
    for (const [reader, way] of ways) {
      let highest = 0;
      for (let rate = from;; rate = Math.round(rate * factor)) {
        const step = await way.step(rate, ms);
        context.raw({
          case: "rate",
          reader: reader.name,
          round,
          rate,
          ...step,
        });
        if (!isLossless(step, rate, ms)) break;
        highest = step.written / ms * 1000;
      }
      found.get(reader)!.push(highest / 1e6);
    }
  }
  const [ours, c] = READERS.map((reader) => found.get(reader)!);
  return {
    id: "end-rate",
    title: "Highest sustained rate without a loss, one ring",
    unit: "million records a second",
    head: "reader",
    columns: ["64 B"],
    rows: [
      ...READERS.map((reader) => ({
        name: reader.name,
        figures: [figureOf(found.get(reader)!)],
      })),
      {
        name: "ivring_reader / C",
        figures: c.every((rate) => rate > 0) ? [ratioOf(ours, c)] : [null],
      },
    ],
    note:
      `Rates rise by a factor of ${factor} from ${from} a second, each for ${ms} ms; the last ` +
      "one of which every line came, and which the writer could keep up.",
  };
}
