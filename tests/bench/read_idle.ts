// SPDX-License-Identifier: MIT
/**
 * Measures what a reader that has nothing to do takes to start, to stay, to
 * poll.
 *
 * @module
 */
import { sleepMs } from "../../cli/sleep.ts";
import { Beside } from "./beside.ts";
import { type Figure, figureOf, ratioOf } from "./figures.ts";
import type { Context, Goal, Table } from "./part.ts";
import { FullRing, oursArgs } from "./read_rings.ts";
import { Launcher } from "./read_runs.ts";
import type { Tools } from "./read_tools.ts";

const REGION_BYTES = 2 << 20;
const NEVER = new AbortController().signal;
/** How many readers are measured one after the other. */
const ROUNDS = 5;
const CPU_GOAL_S = 0.3;
/**
 * The MiB for two batches with their index, and for the buffer of the output.
 */
const BUFFERS_MIB = 2;
const MEMORY_GOAL = 1.2;

/** Measures this, and returns the table and the goals. */
export async function measureIdle(
  context: Context,
  tools: Tools,
): Promise<{ table: Table; goals: Goal[] }> {
  using ring = new FullRing(tools, REGION_BYTES, 64);
  const start = measureStart(context, tools, ring);
  const cpu: number[] = [], memory: number[] = [];
  const emptyMemory: number[] = [], inC: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    context.progress(`idle, round ${round + 1} of ${ROUNDS}`);
    const args = ["-q", "-s", ring.name, "--raw"];
    await using ours = new Beside(tools.ours(args));
    await using c = new Beside([tools.reader, ring.path, "follow", "text"]);
    await using nothing = tools.empty === null
      ? null
      : new Beside([tools.empty, "stay"]);
    await ours.attached(ring.name);
    await sleepMs(context.quick ? 500 : 1500, NEVER);
    const ms = performance.now();
    const used = ours.cpuSeconds();
    await sleepMs(context.quick ? 1000 : 10_000, NEVER);
    const seconds = (performance.now() - ms) / 1000;
    cpu.push((ours.cpuSeconds() - used) * 60 / seconds);
    memory.push(ours.residentMib());
    inC.push(c.residentMib());
    if (nothing !== null) emptyMemory.push(nothing.residentMib());
    context.raw({ case: "idle", round, cpu, memory, emptyMemory, inC });
  }
  const without = memory.map((mib) => mib - BUFFERS_MIB);
  const figures = (all: (Figure | null)[]) => all;
  const none = emptyMemory.length === 0;
  return {
    table: {
      id: "read-idle",
      title: "A reader with nothing to read",
      unit: "ms, MiB, seconds of CPU a minute",
      head: "",
      columns: ["start and end, ms", "resident, MiB", "CPU, s/minute"],
      rows: [
        {
          name: "**ivring_reader**",
          figures: figures([start.ours, figureOf(memory), figureOf(cpu)]),
        },
        {
          name: "empty program, compiled by Deno",
          figures: [start.empty, none ? null : figureOf(emptyMemory), null],
        },
        { name: "reader in C", figures: [start.c, figureOf(inC), null] },
      ],
      note:
        "Resident memory without the guest's own, which is mapped. A start " +
        "is one with `--once` on an empty ring.",
    },
    goals: [
      {
        what: "idle polling",
        sense: "at most",
        limit: CPU_GOAL_S,
        found: figureOf(cpu),
        unit: "s of CPU a minute",
      },
      {
        what: `resident memory, but for ${BUFFERS_MIB} MiB of buffers, ` +
          "against an empty compiled program",
        sense: "at most",
        limit: MEMORY_GOAL,
        found: none ? null : ratioOf(without, emptyMemory),
      },
    ],
  };
}

/** Returns the milliseconds from start to end. */
function measureStart(
  context: Context,
  tools: Tools,
  ring: FullRing,
): Record<"ours" | "c" | "empty", Figure | null> {
  using empty = new FullRing(tools, REGION_BYTES, 0);
  const launcher = new Launcher(tools.launcher, context, context.folder);
  const times = launcher.measure({
    name: "start",
    sink: "null",
    contenders: {
      ours: () => tools.ours(oursArgs(empty.name, "text", "")),
      c: () => [tools.reader, ring.path, "once", "text"],
      ...(tools.empty !== null && { empty: () => [tools.empty!] }),
    },
  });
  const ms = (who: string) =>
    figureOf(times.of(who).map((seconds) => seconds * 1000));
  return {
    ours: ms("ours"),
    c: ms("c"),
    empty: tools.empty === null ? null : ms("empty"),
  };
}
