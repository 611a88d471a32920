// SPDX-License-Identifier: MIT
/**
 * Computes the speed of further reading from the time that a large ring takes
 * longer than a small one. Neither the start nor the making of machine code is
 * part of it.
 *
 * @module
 */
import { figureOf, ratioOf } from "./figures.ts";
import type { Goal, Row, Table } from "./part.ts";
import {
  COPIES,
  DD_GOAL,
  FORMATS,
  type Found,
  key,
  type Plan,
  sinkOf,
} from "./read_tables.ts";
import type { Format } from "./read_rings.ts";

/** The same case in both regions. */
interface Pair {
  readonly small: Found;
  readonly large: Found;
}

function pairOf(
  { sinks, regions, sustainedMib }: Plan,
  all: ReadonlyMap<string, Found>,
  format: Format,
  sizeBytes: number,
): Pair | null {
  if (sustainedMib === null) return null;
  const at = (regionMib: number) => {
    const sink = sinkOf(format, sinks[0]);
    return all.get(key({ format, sizeBytes, sink, regionMib }));
  };
  const small = at(regions[0]);
  const large = at(sustainedMib);
  return small === undefined || large === undefined ? null : { small, large };
}

/** Returns the seconds of each round. */
function seconds({ small, large }: Pair, who: string): number[] {
  const less = small.times.of(who);
  // The difference stays above 0, however noisy the machine is.
  return large.times.of(who).map((each, i) =>
    Math.max(each - less[i], each / 100)
  );
}

function speed(pair: Pair | null, than: string) {
  if (pair === null) return null;
  return ratioOf(seconds(pair, than), seconds(pair, "ours"));
}

/** Returns the table, or none if this is not measured. */
export function sustainedTables(
  plan: Plan,
  all: ReadonlyMap<string, Found>,
): Table[] {
  const { goalSizes, regions, sustainedMib } = plan;
  if (sustainedMib === null) return [];
  const rows: Row[] = FORMATS.flatMap(({ format, text }) => {
    const pairs = goalSizes.map((size) => pairOf(plan, all, format, size));
    const rates = (who: string) =>
      pairs.map((pair) => {
        if (pair === null) return null;
        const bytes = pair.large.ringBytes - pair.small.ringBytes;
        return figureOf(seconds(pair, who).map((each) => bytes / 1e9 / each));
      });
    return [
      { name: `**ivring_reader**, ${text}`, figures: rates("ours") },
      { name: `reader in C, ${text}`, figures: rates("c") },
    ];
  });
  return [{
    id: "read-sustained",
    title: `Reading on: ${sustainedMib} MiB less ${regions[0]} MiB`,
    unit: "GB/s",
    head: "payload of each record",
    columns: goalSizes.map((size) => `${size} B`),
    rows,
    note: "What a start takes, and the just-in-time compiler, is in both " +
      "runs and so in neither row.",
  }];
}

/**
 * Returns the goals that the whole runs also have, or none if this is not
 * measured.
 */
export function sustainedGoals(
  plan: Plan,
  all: ReadonlyMap<string, Found>,
): Goal[] {
  if (plan.sustainedMib === null) return [];
  return FORMATS.flatMap(({ format, text, goal }) =>
    plan.goalSizes.flatMap((sizeBytes) => {
      const pair = pairOf(plan, all, format, sizeBytes);
      const against = (than: string, limit: number, name: string): Goal => ({
        what: `reading on, ${text}, ${sizeBytes} B: speed against ${name}`,
        sense: "at least",
        limit,
        found: speed(pair, than),
      });
      const goals = [against("c", goal, "the reader in C")];
      if (COPIES.includes(format)) goals.push(against("dd", DD_GOAL, "dd"));
      return goals;
    })
  );
}
