// SPDX-License-Identifier: MIT
/**
 * Full rings read once, from their beginning to their end.
 *
 * @module
 */
import type { Figure } from "./figures.ts";
import type { Context, Goal, Row, Table } from "./part.ts";
import { type Format, FullRing, jsonTexts, oursArgs } from "./read_rings.ts";
import { Launcher, type ReadTimes, type Sink } from "./read_runs.ts";
import type { Same } from "./read_same.ts";
import type { Tools } from "./read_tools.ts";

const MIB = 1 << 20;
/** An empty ring, of which only the start of the reader is seen. */
const EMPTY_BYTES = 1 << 18;

/** Formats, what they are called, and issue 7's goals against C. */
const FORMATS: readonly { format: Format; text: string; goal: number }[] = [
  { format: "text", text: "payload", goal: 0.9 },
  { format: "time", text: "timestamped text", goal: 0.6 },
  { format: "json", text: "JSON", goal: 0.5 },
  { format: "record", text: "record", goal: 0.9 },
];
/** Formats that have to keep up with dd. */
const COPIES: readonly Format[] = ["text", "record"];
const DD_GOAL = 0.7;

/** One measured combination. */
interface Case {
  readonly format: Format;
  readonly sizeBytes: number;
  readonly sink: Sink;
  readonly regionMib: number;
}

/** Of one combination. */
interface Found extends Case {
  readonly times: ReadTimes;
  readonly ringBytes: number;
  readonly records: number;
}

const key = (what: Case) =>
  `${what.format}/${what.sizeBytes}/${what.sink}/${what.regionMib}`;

/** What is measured; the first of `regions` is used where it is not varied. */
interface Plan {
  readonly sizes: readonly number[];
  readonly goalSizes: readonly number[];
  readonly sinks: readonly Sink[];
  readonly regions: readonly number[];
}

const FULL: Plan = {
  sizes: [16, 64, 256, 1024, 4096],
  goalSizes: [64, 1024],
  sinks: ["null", "pipe", "tmpfs"],
  regions: [256, 64, 1024],
};
const QUICK: Plan = {
  sizes: [64, 1024],
  goalSizes: [64, 1024],
  sinks: ["null"],
  regions: [64],
};

/** A trace is a directory of files: it is written to memory. */
const sinkOf = (format: Format, sink: Sink): Sink =>
  format === "record" ? "tmpfs" : sink;

function cases({ sizes, goalSizes, sinks, regions }: Plan): Case[] {
  const all = FORMATS.flatMap(({ format }) => [
    ...sizes.map((sizeBytes): Case => ({
      format,
      sizeBytes,
      sink: sinkOf(format, "null"),
      regionMib: regions[0],
    })),
    ...sinks.map((sink): Case => ({
      format,
      sizeBytes: goalSizes[0],
      sink: sinkOf(format, sink),
      regionMib: regions[0],
    })),
    ...regions.flatMap((regionMib) =>
      COPIES.includes(format)
        ? [{
          format,
          sizeBytes: goalSizes[0],
          sink: sinkOf(format, "null"),
          regionMib,
        }]
        : []
    ),
  ]);
  const byKey = new Map(all.map((each) => [key(each), each]));
  // Rings are made once for all that is read from them.
  const ring = ({ regionMib, sizeBytes }: Case) => regionMib * 1e5 + sizeBytes;
  return [...byKey.values()].toSorted((a, b) => ring(a) - ring(b));
}

/** Measures all, and makes tables and goals of it. */
export function measureStatic(
  context: Context,
  tools: Tools,
  same: Same,
): { tables: Table[]; goals: Goal[] } {
  const plan = context.quick ? QUICK : FULL;
  const launcher = new Launcher(tools.launcher, context);
  using traces = new Traces();
  using empty = new FullRing(tools, EMPTY_BYTES, 0);
  const found = new Map<string, Found>();
  let ring: FullRing | null = null;
  try {
    let made = "";
    for (const what of cases(plan)) {
      const wanted = `${what.regionMib}/${what.sizeBytes}`;
      if (wanted !== made || ring === null) {
        ring?.[Symbol.dispose]();
        ring = new FullRing(tools, what.regionMib * MIB, what.sizeBytes);
        made = wanted;
      }
      const times = launcher.measure({
        name: key(what),
        sink: what.sink,
        contenders: contenders(
          tools,
          { ring, empty },
          what.format,
          same,
          traces,
        ),
      });
      const { ringBytes } = ring;
      const records = ring.records(tools);
      found.set(key(what), { ...what, times, ringBytes, records });
    }
  } finally {
    ring?.[Symbol.dispose]();
  }
  return { tables: makeTables(plan, found), goals: makeGoals(plan, found) };
}

/** Where `record` writes to: always a new folder in memory, the last removed. */
class Traces implements Disposable {
  #path = "";

  next(): string {
    this[Symbol.dispose]();
    this.#path = `/dev/shm/ivring-bench-${crypto.randomUUID()}`;
    return this.#path;
  }

  [Symbol.dispose](): void {
    if (this.#path === "") return;
    Deno.removeSync(this.#path, { recursive: true });
    this.#path = "";
  }
}

/** Who reads a ring. */
function contenders(
  tools: Tools,
  rings: { ring: FullRing; empty: FullRing },
  format: Format,
  same: Same,
  traces: Traces,
): Record<string, () => readonly string[]> {
  const { ring, empty } = rings;
  const texts = format === "json"
    ? jsonTexts(same.line, same.name, ring.name)
    : [];
  const ours = (name: string) => () => {
    const folder = format === "record" ? traces.next() : "";
    return tools.ours(oursArgs(name, format, folder));
  };
  const megabytes = Math.floor(ring.ringBytes / MIB);
  return {
    ours: ours(ring.name),
    start: ours(empty.name),
    c: () => [tools.reader, ring.path, "once", format, ...texts],
    copy: () => [tools.reader, ring.path, "copy"],
    dd: () =>
      `dd if=${ring.path} bs=1M count=${megabytes} status=none`.split(" "),
  };
}

/** GB/s of the ring. */
function rate(found: Found | undefined, who: string): Figure | null {
  if (found === undefined) return null;
  const less = who === "ours" ? "start" : undefined;
  return found.times.rate(who, found.ringBytes / 1e9, less);
}

function makeTables(plan: Plan, all: ReadonlyMap<string, Found>): Table[] {
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

function makeGoals(plan: Plan, all: ReadonlyMap<string, Found>): Goal[] {
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
