// SPDX-License-Identifier: MIT
/**
 * Defines what is read in which combinations, and part 2's tables and goals.
 *
 * @module
 */
import type { Figure } from "./figures.ts";
import type { Goal, Row, Table } from "./part.ts";
import type { Format } from "./read_rings.ts";
import type { ReadTimes, Sink } from "./read_runs.ts";

/** Formats, their names in tables, and the goals against C. */
export const FORMATS: readonly {
  format: Format;
  text: string;
  goal: number;
}[] = [
  { format: "text", text: "payload", goal: 0.9 },
  { format: "time", text: "timestamped text", goal: 0.6 },
  { format: "json", text: "JSON", goal: 0.5 },
  { format: "record", text: "record", goal: 0.9 },
];
/** Formats that have to keep up with dd. */
export const COPIES: readonly Format[] = ["text", "record"];
/** The part of dd's speed that is the goal. */
export const DD_GOAL = 0.7;

/** One measured combination. */
export interface Case {
  readonly format: Format;
  readonly sizeBytes: number;
  readonly sink: Sink;
  readonly regionMib: number;
}

/** The measurements of one combination. */
export interface Found extends Case {
  readonly times: ReadTimes;
  readonly ringBytes: number;
  readonly records: number;
}

/** Names a combination. */
export const key = (what: Case): string =>
  `${what.format}/${what.sizeBytes}/${what.sink}/${what.regionMib}`;

/**
 * What is measured. The first of `regions` is used if the region is not varied.
 */
export interface Plan {
  readonly sizes: readonly number[];
  readonly goalSizes: readonly number[];
  readonly sinks: readonly Sink[];
  readonly regions: readonly number[];
  /** A larger region, to measure further reading; null if that is left out. */
  readonly sustainedMib: number | null;
}

/**
 * Returns the sink of a format: a trace is a directory, so it is written to
 * memory.
 */
export const sinkOf = (format: Format, sink: Sink): Sink =>
  format === "record" ? "tmpfs" : sink;

/** Returns the GB of the ring that are read in a second. */
function rate(found: Found | undefined, who: string): Figure | null {
  if (found === undefined) return null;
  const less = who === "ours" ? "start" : undefined;
  return found.times.rate(who, found.ringBytes / 1e9, less);
}

/** Makes all tables. */
export function makeTables(
  plan: Plan,
  all: ReadonlyMap<string, Found>,
): Table[] {
  const [usualSink] = plan.sinks;
  const [usualMib] = plan.regions;
  const [usualSize] = plan.goalSizes;
  const at = (format: Format, change: Partial<Case>) => {
    const usual = {
      sizeBytes: usualSize,
      sink: usualSink,
      regionMib: usualMib,
    };
    const what = { format, ...usual, ...change };
    return all.get(key({ ...what, sink: sinkOf(format, what.sink) }));
  };
  const rows = (
    formats: readonly Format[],
    changes: Partial<Case>[],
  ): Row[] => {
    const row = (name: string, format: Format, who: string): Row => ({
      name,
      figures: changes.map((change) => rate(at(format, change), who)),
    });
    return [
      ...FORMATS.filter(({ format }) => formats.includes(format)).flatMap(
        ({ format, text }) => [
          row(`**ivring_reader**, ${text}`, format, "ours"),
          row(`reader in C, ${text}`, format, "c"),
        ],
      ),
      row("dd bs=1M", "text", "dd"),
      row("memcpy", "text", "copy"),
    ];
  };
  const every = FORMATS.map(({ format }) => format);
  const tables: Table[] = [{
    id: "read-size",
    title: `Reading a ring in a region of ${usualMib} MiB, to /dev/null`,
    unit: "GB/s",
    head: "payload of each record",
    columns: plan.sizes.map((size) => `${size} B`),
    rows: rows(every, plan.sizes.map((sizeBytes) => ({ sizeBytes }))),
    note: "`record` writes a directory, here in memory; so does its rival.",
  }];
  const records: Row[] = FORMATS.map(({ format, text }) => ({
    name: text,
    figures: plan.sizes.map((sizeBytes) => {
      const found = at(format, { sizeBytes });
      return found === undefined
        ? null
        : found.times.rate("ours", found.records / 1e6, "start");
    }),
  }));
  tables.push({
    ...tables[0],
    id: "read-records",
    title: "The same of ivring_reader",
    unit: "million records/s",
    rows: records,
    note: undefined,
    detail: true,
  });
  if (plan.sinks.length > 1) {
    tables.push({
      id: "read-sink",
      title: `Reading records of ${usualSize} B, by where the output goes`,
      unit: "GB/s",
      head: "to",
      columns: plan.sinks,
      rows: rows(
        every.filter((format) => format !== "record"),
        plan.sinks.map((sink) => ({ sink })),
      ),
      detail: true,
    });
  }
  if (plan.regions.length > 1) {
    const sorted = plan.regions.toSorted((a, b) => a - b);
    tables.push({
      id: "read-region",
      title: `Reading records of ${usualSize} B, by the region's size`,
      unit: "GB/s",
      head: "region",
      columns: sorted.map((mib) => `${mib} MiB`),
      rows: rows(COPIES, sorted.map((regionMib) => ({ regionMib }))),
      detail: true,
    });
  }
  return tables;
}

/** Makes the goals. */
export function makeGoals(plan: Plan, all: ReadonlyMap<string, Found>): Goal[] {
  const goals: Goal[] = [];
  for (const { format, text, goal } of FORMATS) {
    for (const sizeBytes of plan.goalSizes) {
      const [regionMib] = plan.regions;
      const sink = sinkOf(format, plan.sinks[0]);
      const found = all.get(key({ format, sizeBytes, sink, regionMib }));
      const against = (than: string, limit: number, name: string) =>
        goals.push({
          what: `${text}, ${sizeBytes} B: speed against ${name}`,
          sense: "at least",
          limit,
          found: found?.times.speed("ours", than, "start") ?? null,
        });
      against("c", goal, "the reader in C");
      if (COPIES.includes(format)) against("dd", DD_GOAL, "dd");
    }
  }
  return goals;
}
