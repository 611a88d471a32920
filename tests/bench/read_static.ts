// SPDX-License-Identifier: MIT
/**
 * Measures full rings that are read once, from their beginning to their end.
 *
 * @module
 */
import type { Context, Goal, Table } from "./part.ts";
import { type Format, FullRing, jsonTexts, oursArgs } from "./read_rings.ts";
import { MemoryFolder } from "./memory_folder.ts";
import { Launcher } from "./read_runs.ts";
import type { Same } from "./read_same.ts";
import {
  type Case,
  COPIES,
  FORMATS,
  type Found,
  key,
  makeGoals,
  makeTables,
  type Plan,
  sinkOf,
} from "./read_tables.ts";
import { sustainedGoals, sustainedTables } from "./read_sustained.ts";
import type { Tools } from "./read_tools.ts";

const MIB = 1 << 20;
/**
 * The size of an empty ring's region, with which only the reader's start
 * counts.
 */
const EMPTY_BYTES = 1 << 18;

const FULL: Plan = {
  sizes: [16, 64, 256, 1024, 4096],
  goalSizes: [64, 1024],
  sinks: ["null", "pipe", "tmpfs"],
  regions: [256, 64, 1024],
  sustainedMib: 1024,
};
const QUICK: Plan = {
  sizes: [64],
  goalSizes: [64],
  sinks: ["null"],
  regions: [64],
  sustainedMib: null,
};

function cases(plan: Plan): Case[] {
  const { sizes, goalSizes, sinks, regions, sustainedMib } = plan;
  const larger = sustainedMib === null ? [] : [sustainedMib];
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
    ...larger.flatMap((regionMib) =>
      goalSizes.map((sizeBytes): Case => ({
        format,
        sizeBytes,
        sink: sinkOf(format, sinks[0]),
        regionMib,
      }))
    ),
  ]);
  const byKey = new Map(all.map((each) => [key(each), each]));
  // A ring is made once for everything that is read from it.
  const ring = ({ regionMib, sizeBytes }: Case) => regionMib * 1e5 + sizeBytes;
  return [...byKey.values()].toSorted((a, b) => ring(a) - ring(b));
}

/** Measures everything, and makes tables and goals from it. */
export function measureStatic(
  context: Context,
  tools: Tools,
  same: Same,
): { tables: Table[]; goals: Goal[]; remarks: readonly string[] } {
  const plan = context.quick ? QUICK : FULL;
  using memory = new MemoryFolder(context.folder);
  const launcher = new Launcher(tools.launcher, context, memory.path);
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
          memory,
        ),
      });
      const { ringBytes } = ring;
      const records = ring.records(tools);
      found.set(key(what), { ...what, times, ringBytes, records });
    }
  } finally {
    ring?.[Symbol.dispose]();
  }
  return {
    tables: [...makeTables(plan, found), ...sustainedTables(plan, found)],
    goals: [...makeGoals(plan, found), ...sustainedGoals(plan, found)],
    remarks: memory.remarks,
  };
}

/** Returns the readers of a ring. */
function contenders(
  tools: Tools,
  rings: { ring: FullRing; empty: FullRing },
  format: Format,
  same: Same,
  memory: MemoryFolder,
): Record<string, () => readonly string[]> {
  const { ring, empty } = rings;
  const texts = format === "json"
    ? jsonTexts(same.line, same.name, ring.name)
    : [];
  const ours = (name: string) => () => {
    const folder = format === "record" ? memory.next() : "";
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
