// SPDX-License-Identifier: MIT
/**
 * Measures part 3 at a steady rate: how old a line is, and what more rings
 * cost.
 *
 * @module
 */
import { READERS, ROUNDS, SLOW, start, STEADY } from "./end_readers.ts";
import type { EndPrograms, Step } from "./end_run.ts";
import type { EndTools } from "./end_tools.ts";
import { figureOf } from "./figures.ts";
import type { Context, Table } from "./part.ts";

/** Measures how old lines are when they come. */
export async function measureLatency(
  context: Context,
  tools: EndTools,
  ends: EndPrograms,
): Promise<Table> {
  const ms = context.quick ? 200 : 2000;
  const rows = [];
  for (const reader of READERS) {
    context.progress(`latency, ${reader.name}`);
    await using way = await start(context, tools, ends, reader, 1);
    await way.step(STEADY, ms);
    for (const rate of context.quick ? [SLOW] : [SLOW, STEADY]) {
      const steps: Step[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const step = await way.step(rate, ms);
        context.raw({ case: "age", reader: reader.name, round, rate, ...step });
        steps.push(step);
      }
      const figures = (["p50", "p99", "p999"] as const).map((name) =>
        figureOf(steps.map((step) => step[name] / 1e6))
      );
      rows.push({ name: `${reader.name}, ${rate}/s`, figures });
    }
  }
  return {
    id: "end-latency",
    title: "From the write to the line",
    unit: "ms",
    head: "reader, records a second",
    columns: ["p50", "p99", "p99.9"],
    rows,
  };
}

/** Measures what more rings cost at the same rate. */
export async function measureRings(
  context: Context,
  tools: EndTools,
  ends: EndPrograms,
): Promise<Table> {
  const ms = context.quick ? 100 : 2000;
  const rows = [];
  for (const rings of context.quick ? [1, 64] : [1, 8, 64]) {
    context.progress(`${rings} rings`);
    await using way = await start(context, tools, ends, READERS[0], rings);
    await way.step(STEADY, ms);
    const steps: Step[] = [], idle: Step[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      steps.push(await way.step(STEADY, ms));
      idle.push(await way.step(0, ms));
      context.raw({
        case: "rings",
        rings,
        round,
        steady: steps.at(-1),
        idle: idle.at(-1),
      });
    }
    rows.push({
      name: `${rings}`,
      figures: [
        figureOf(steps.map(({ cpuPercent }) => cpuPercent)),
        figureOf(idle.map(({ cpuPercent }) => cpuPercent)),
        figureOf(steps.map(({ p50 }) => p50 / 1e6)),
        figureOf(steps.map(({ written, read }) => written - read)),
      ],
    });
  }
  return {
    id: "end-rings",
    title: `ivring_reader while ${STEADY} records a second come, by rings`,
    unit: "% of a CPU, ms, records",
    head: "rings",
    columns: ["CPU", "CPU, nothing comes", "p50", "lost"],
    rows,
  };
}
