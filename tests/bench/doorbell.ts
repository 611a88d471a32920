// SPDX-License-Identifier: MIT
/**
 * Compares a reader that is woken by its guest with one that polls.
 *
 * @module
 */
import { LONGEST_MS, sleepMs } from "../../cli/sleep.ts";
import { compiledReader, LoneBinary } from "../support/binary.ts";
import { Program, readerCommand } from "../support/reader_program.ts";
import { Machine } from "../vm/machine.ts";
import { Service } from "../vm/served.ts";
import { run as runProgram } from "../tools/cc.ts";
import { Beside } from "./beside.ts";
import { type Figure, figureOf } from "./figures.ts";
import {
  type Context,
  NotHereError,
  type Part,
  type PartResult,
} from "./part.ts";
import { guestKernel } from "./table_guest.ts";
import { probeCompiler, Workbench } from "./workbench.ts";

/** The part about the doorbell and polling. */
export const DOORBELL: Part = {
  name: "doorbell",
  title: "Being told, and looking",
  run,
};

const REGION_BYTES = 4 << 20;
const ROUNDS = 5;
const NEVER = new AbortController().signal;
const SETTLE_MS = 2000;
/** How many stores have to be seen in time. */
const FEW = 2;
/**
 * The pause between two lines: longer than the longest sleep of a reader that
 * polls.
 */
const PAUSE_US = 1.5 * LONGEST_MS * 1000;

const REMARKS = [
  "One guest with both devices, each with its own reader; QEMU emulates its " +
  "CPUs (TCG). The guest's clock says little about the host's, so the host " +
  "measures: a program spins on the rings' positions until it sees a store, " +
  "and from then on sleeps until the reader's line comes out of a pipe. It " +
  "keeps one processor busy while the reader sleeps; stores that it may have " +
  "seen more than 0.1 ms late, having lost the processor, are left out.",
];

/** One reader and where its lines go. */
interface Side {
  readonly name: string;
  readonly object: string;
  /** The guest's device. */
  readonly device: string;
  readonly fifo: string;
  readonly reader: Beside;
}

async function run(context: Context): Promise<PartResult> {
  const { built } = await guestKernel();
  using stack = new DisposableStack();
  const bench = stack.use(new Workbench(probeCompiler()));
  const observer = bench.compile("observer", [
    "tests/bench/doorbell/observer.c",
  ], ["-O2"]);
  const { ours, remark } = await readerProgram(stack);
  const service = stack.use(new Service(REGION_BYTES));
  const plain = `ivring-bench-plain-${Deno.pid}`;
  const { name, socket } = service.region;
  const start = (object: string, ...args: string[]): Side => {
    const isServed = object === name;
    const fifo = `${context.folder}/${isServed ? "doorbell" : "polling"}`;
    runProgram("mkfifo", [fifo]);
    // Both ends stay open as long as this runs, so that no reader finds it
    // closed.
    const held = Deno.openSync(fifo, { read: true, write: true });
    stack.use(held);
    const command = [...ours, ...args, "-s", object, "--event", "message"];
    return {
      name: isServed ? "**doorbell**" : "polling",
      object,
      device: isServed ? "/dev/ivring0" : "/dev/ivring1",
      fifo,
      reader: new Beside(["sh", "-c", 'exec "$@" > "$0"', fifo, ...command]),
    };
  };
  const rung = start(name!, "--server", socket!, "-m", `${REGION_BYTES >> 20}`);
  await using _rung = rung.reader;
  await service.listens();
  context.progress("booting");
  await using machine = await Machine.start({
    regions: [service.region, { bytes: REGION_BYTES, name: plain }],
    files: { "ivring.ko": built.ivringKo },
  });
  await machine.run("insmod ivring.ko");
  const polling = start(plain);
  await using _polling = polling.reader;
  const sides = [rung, polling];
  for (const { reader, object } of sides) await reader.attached(object);

  const p50 = sides.map((): number[] => []),
    p99 = sides.map((): number[] => []);
  const cpu = sides.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    context.progress(`round ${round + 1} of ${ROUNDS}`);
    for (const [i, side] of sides.entries()) {
      const count = context.quick ? 3 : 20;
      const us = await latencies(observer, machine, side, count);
      context.raw({ case: "latency", round, side: side.name, us });
      p50[i].push(quantile(us, 0.5));
      p99[i].push(quantile(us, 0.99));
    }
  }
  context.progress("idle");
  await sleepMs(SETTLE_MS, NEVER);
  for (let round = 0; round < ROUNDS; round++) {
    const seconds = await idle(sides, context.quick ? 1000 : 12_000);
    context.raw({ case: "idle", round, seconds });
    seconds.forEach((each, i) => cpu[i].push(each));
  }
  const doorbells = Number(
    await machine.run("cat /sys/class/misc/ivring0/doorbells"),
  );
  context.raw({ case: "rings", doorbells });
  const row = (figures: (i: number) => Figure[]) =>
    sides.map((side, i) => ({ name: side.name, figures: figures(i) }));
  const goal = (i: number, what: string, limit: number) => ({
    what: `idle, ${what}`,
    sense: "at most" as const,
    limit,
    found: figureOf(cpu[i]),
    unit: "s of CPU a minute",
  });
  return {
    tables: [{
      id: "doorbell-latency",
      title: "From a guest's store to the reader's line",
      unit: "us",
      head: "",
      columns: ["p50", "p99"],
      rows: row((i) => [figureOf(p50[i]), figureOf(p99[i])]),
      note: `A line each ${PAUSE_US / 1000} ms or so, by turns.`,
    }, {
      id: "doorbell-idle",
      title: "A reader of a guest that writes nothing",
      unit: "s of CPU a minute",
      head: "",
      columns: ["CPU"],
      rows: row((i) => [figureOf(cpu[i])]),
    }],
    goals: [goal(0, "woken by the doorbell", 0.06), goal(1, "polling", 0.3)],
    remarks: [...REMARKS, remark],
  };
}

/** Returns how our reader is started. */
async function readerProgram(
  stack: DisposableStack,
): Promise<{ ours: readonly string[]; remark: string }> {
  if (Deno.env.get("IVRING_READER")) {
    return { ours: readerCommand([]), remark: "IVRING_READER was measured." };
  }
  const made = await compiledReader();
  if ("missing" in made) {
    const remark = `ivring_reader runs from its sources: ${made.missing}.`;
    return { ours: readerCommand([]), remark };
  }
  const lone = stack.use(new LoneBinary(made));
  return {
    ours: [`${lone.folder}/ivring_reader`],
    remark: "ivring_reader is compiled" +
      (made.isTestBuild ? ", a test build." : "."),
  };
}

/** Returns latencies in microseconds, one for each line. */
async function latencies(
  observer: string,
  machine: Machine,
  { object, device, fifo }: Side,
  count: number,
): Promise<number[]> {
  await using watching = new Program([
    ...[observer, `/dev/shm/${object}`, fifo, `${count}`],
  ]);
  await watching.stdout.until("ready");
  await machine.run(
    `i=0; while [ $i -lt ${count} ]; do usleep ${PAUSE_US}; ` +
      `echo $i > ${device}; i=$((i+1)); done`,
  );
  const lines = await watching.stdout.rest();
  const us = lines.filter((line) => /^\d+$/.test(line))
    .map((ns) => Number(ns) / 1e3);
  if (us.length < FEW) {
    throw new NotHereError(
      `${count - us.length} of ${count} seen late: a busy machine`,
    );
  }
  return us;
}

/** Returns the seconds of CPU that each reader would use in a minute. */
async function idle(sides: readonly Side[], ms: number): Promise<number[]> {
  const startMs = performance.now();
  const before = sides.map(({ reader }) => reader.cpuSeconds());
  await sleepMs(ms, NEVER);
  const minutes = (performance.now() - startMs) / 60_000;
  return sides.map(({ reader }, i) =>
    (reader.cpuSeconds() - before[i]) / minutes
  );
}

/** Returns the least value that this part of all values does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(Math.ceil(sorted.length * part) - 1, 0)];
}
