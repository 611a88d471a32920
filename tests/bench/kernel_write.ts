// SPDX-License-Identifier: MIT
/**
 * Part 1 in the kernel: what recording costs there, in instructions.
 *
 * @module
 */
import { Machine } from "../vm/machine.ts";
import { TRACEFS, tracingFiles } from "../vm/tracing.ts";
import { type Figure, figureOf, ratioOf } from "./figures.ts";
import { buildCostModule } from "./kernel_build.ts";
import {
  type Case,
  FLOOR,
  GOAL_BYTES,
  GOALS,
  INSIDE,
  OUTSIDE,
} from "./kernel_cases.ts";
import type { Context, Part, PartResult, Row, Table } from "./part.ts";
import { guestKernel } from "./table_guest.ts";
import { probeCompiler, Workbench } from "./workbench.ts";

/** Part 1, the kernel's half. */
export const KERNEL_WRITE: Part = {
  name: "kernel-write",
  title: "Writing a record in the kernel",
  run,
};

const REGION_BYTES = 16 << 20;
const ROUNDS = 5;
/** How many records one measurement has; a multiple of the module's batch. */
const COUNT = 256;

const REMARKS = [
  "QEMU with -icount shift=0: an instruction takes 1 ns of the guest's time, " +
  "whatever it is, and devices take none: guest instructions only, not time. " +
  "The CPU has no fast string instructions (QEMU would count every byte), so " +
  "copies are loops; nor has it an invariant counter, so clock=tsc is not " +
  "here. Interrupts are off while kernel code is measured.",
  "The floor is what any ring has to do: the clock IVRing takes by default, a " +
  "header of 16 bytes, the kernel's memcpy. printk() is stored only: what is " +
  "printed on a console costs far more.",
];

async function run(context: Context): Promise<PartResult> {
  const guest = await guestKernel();
  context.progress("building the module");
  const ko = await buildCostModule(guest, `${context.folder}/module`);
  using bench = new Workbench(probeCompiler());
  const cost = bench.compile("cost", ["tests/bench/kernel/cost.c"], [
    ...["-O2", "-static"],
  ]);
  context.progress("booting");
  await using machine = await Machine.start({
    regions: [{ bytes: REGION_BYTES }],
    cpus: 1,
    cpu: "max,-erms",
    icount: "shift=0,sleep=off",
    oneThread: true,
    tscReliable: true,
    parameters: "quiet printk.devkmsg=on",
    files: { ...tracingFiles(guest.built), "ivring_cost.ko": ko, cost },
  });
  await machine.run(
    `mount -t tracefs tracefs ${TRACEFS} && insmod ivring.ko && ` +
      "insmod ivring_cost.ko",
  );
  const sizes = context.quick ? [64, 1024] : [16, 64, 256, 1024];
  const inside = await measureAll(context, machine, INSIDE, sizes);
  const outside = await measureAll(context, machine, OUTSIDE, sizes);
  return {
    tables: [
      table("kernel-write", "Recording in kernel code", sizes, inside),
      ratios(sizes, inside),
      table("kernel-syscall", "Recording with write(2)", sizes, outside),
    ],
    goals: GOALS.map(([each, limit]) => {
      const found = (inside.get(each) ?? outside.get(each))?.get(GOAL_BYTES);
      return {
        what: `${each.name.replaceAll("**", "")}, ${GOAL_BYTES} B`,
        sense: "at most",
        limit,
        found: found === undefined ? null : figureOf(found),
        unit: "guest instructions",
      };
    }),
    remarks: REMARKS,
  };
}

/** Nanoseconds for a record, by case and size, one for each round. */
type Found = Map<Case, Map<number, number[]>>;

async function measureAll(
  context: Context,
  machine: Machine,
  cases: readonly Case[],
  sizes: readonly number[],
): Promise<Found> {
  const found: Found = new Map();
  for (const each of cases) {
    context.progress(each.name);
    if (each.before) await machine.run(each.before);
    const bySize = new Map<number, number[]>();
    const { mostBytes = Infinity, onlyBytes } = each;
    const fits = (size: number) =>
      size <= mostBytes && size === (onlyBytes ?? size);
    for (const bytes of sizes.filter(fits)) {
      const once = `./cost ${each.how} ${bytes} ${COUNT}`;
      const all = Array(ROUNDS).fill(once).join(" && ");
      // The first run finds no translated code in the emulated CPU's caches.
      const output = await machine.run(`${once} > /dev/null; ${all}`);
      const ns = [...output.matchAll(/^ns=(\d+)$/gm)]
        .map(([, total]) => Number(total) / COUNT);
      context.raw({ case: each.name, bytes, ns });
      bySize.set(bytes, ns);
    }
    if (each.after) await machine.run(each.after);
    found.set(each, bySize);
  }
  return found;
}

const columnsOf = (sizes: readonly number[]) =>
  sizes.map((bytes) => `${bytes} B`);

function table(
  id: string,
  title: string,
  sizes: readonly number[],
  found: Found,
): Table {
  const rows = [...found].map(([{ name }, bySize]): Row => ({
    name,
    figures: sizes.map((bytes) => {
      const ns = bySize.get(bytes);
      return ns === undefined ? null : figureOf(ns);
    }),
  }));
  return {
    id,
    title,
    unit: "guest instructions a record",
    head: "payload",
    columns: columnsOf(sizes),
    rows,
  };
}

/** Returns the table of ratios to the floor. */
function ratios(sizes: readonly number[], found: Found): Table {
  const floor = found.get(FLOOR)!;
  const figures = (each: Case): (Figure | null)[] =>
    sizes.map((bytes) => {
      const ns = found.get(each)!.get(bytes);
      return ns === undefined ? null : ratioOf(ns, floor.get(bytes)!);
    });
  return {
    id: "kernel-write-floor",
    title: "Recording in kernel code, against the floor",
    unit: "times the floor's instructions",
    head: "payload",
    columns: columnsOf(sizes),
    rows: INSIDE.filter((each) => each !== FLOOR)
      .map((each) => ({ name: each.name, figures: figures(each) })),
    detail: true,
  };
}
