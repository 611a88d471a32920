// SPDX-License-Identifier: MIT
/**
 * Makes part 1's tables and goals.
 *
 * @module
 */
import type { Figure } from "./figures.ts";
import type { Goal, Row, Table } from "./part.ts";
import {
  caseKey,
  type Clock,
  type Measured,
  type WriteResults,
} from "./write_runs.ts";

/** The sizes of payloads in bytes. */
export const SIZES: readonly number[] = [16, 64, 256, 1024];
/** The clocks, and their names in tables. */
export const CLOCKS: readonly { clock: Clock; text: string }[] = [
  { clock: "mono", text: "default clock" },
  { clock: "tsc", text: "TSC" },
  { clock: "none", text: "no time" },
];
/** The payload for the goals and for two threads. */
const USUAL = 64;
const LARGE = 1024;

const NAMES: readonly [name: string, text: string][] = [
  ["floor", "floor"],
  ["ours", "**IVRing**"],
  ["ck", "ck_ring"],
  ["xadd", "shared, LOCK XADD"],
  ["spin", "shared, spinlock (2012)"],
  ["pipe", "write(2) to a pipe"],
];

type Group = keyof WriteResults;

function find(
  results: WriteResults,
  group: Group,
  clock: Clock,
  threads: number,
  sizeBytes: number,
): Measured | undefined {
  return results[group].get(caseKey({ clock, threads, sizeBytes }));
}

/** Returns the ns for a record of every contender. */
function rows(
  results: WriteResults,
  columns: readonly [clock: Clock, threads: number, sizeBytes: number][],
): Row[] {
  const row = (group: Group, name: string, text: string): Row => ({
    name: text,
    figures: columns.map((column) =>
      find(results, group, ...column)?.ns(name) ?? null
    ),
  });
  return [
    ...NAMES.map(([name, text]) => row("main", name, text)),
    row("lttng", "lttng", "LTTng-UST, overwrite"),
  ].filter(({ figures }) => figures.some((figure) => figure !== null));
}

/** Returns the table of how many times the floor ours takes. */
function floorTable(results: WriteResults): Table {
  const ratio = (clock: Clock, threads: number, size: number) =>
    find(results, "main", clock, threads, size)?.ratio("ours", "floor") ?? null;
  return {
    id: "write-floor",
    title: "IVRing against its floor",
    unit: "times the floor",
    head: "clock",
    columns: [...SIZES.map((size) => `${size} B`), `${USUAL} B, 2 threads`],
    rows: CLOCKS.map(({ clock, text }) => ({
      name: text,
      figures: [
        ...SIZES.map((size) => ratio(clock, 1, size)),
        ratio(clock, 2, USUAL),
      ],
    })),
  };
}

/** Makes all tables. */
export function writeTables(results: WriteResults): Table[] {
  return [
    floorTable(results),
    ...CLOCKS.map(({ clock, text }): Table => ({
      id: `write-${clock}`,
      title: `Writing a record, one thread, ${text}`,
      unit: "ns a record",
      head: "payload",
      columns: SIZES.map((size) => `${size} B`),
      rows: rows(results, SIZES.map((size) => [clock, 1, size])),
      detail: clock === "none",
    })),
    {
      id: "write-threads",
      title: `Writing a record of ${USUAL} B, two threads`,
      unit: "ns a record of each thread",
      head: "clock",
      columns: CLOCKS.map(({ text }) => text),
      rows: rows(results, CLOCKS.map(({ clock }) => [clock, 2, USUAL])),
    },
  ];
}

/** Makes the goals. */
export function writeGoals(results: WriteResults): Goal[] {
  const goal = (
    what: string,
    sense: Goal["sense"],
    limit: number,
    found: Figure | null | undefined,
  ): Goal => ({ what, sense, limit, found: found ?? null });
  const toFloor = (clock: Clock, threads: number, size: number) =>
    find(results, "main", clock, threads, size)?.ratio("ours", "floor");
  const timed = CLOCKS.filter(({ clock }) => clock !== "none");
  return [
    ...CLOCKS.map(({ clock, text }) =>
      goal(
        `${USUAL} B against the floor, ${text}`,
        "at most",
        clock === "none" ? 1.7 : 1.15,
        toFloor(clock, 1, USUAL),
      )
    ),
    ...timed.map(({ clock, text }) =>
      goal(
        `1 KiB against the floor, ${text}`,
        "at most",
        1.15,
        toFloor(clock, 1, LARGE),
      )
    ),
    ...timed.map(({ clock, text }) =>
      goal(
        `${USUAL} B: LTTng-UST against IVRing, ${text}`,
        "at least",
        clock === "tsc" ? 5 : 3,
        find(results, "lttng", clock, 1, USUAL)?.ratio("lttng", "ours"),
      )
    ),
    ...timed.map(({ clock, text }) =>
      goal(
        `two threads against their floor, ${text}`,
        "at most",
        1.3,
        toFloor(clock, 2, USUAL),
      )
    ),
    ...timed.map(({ clock, text }) =>
      goal(
        `two threads: the spinlock ring against IVRing, ${text}`,
        "at least",
        4,
        find(results, "main", clock, 2, USUAL)?.ratio("spin", "ours"),
      )
    ),
  ];
}
