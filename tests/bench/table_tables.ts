// SPDX-License-Identifier: MIT
/**
 * Makes the tables and goals of the 2012 table.
 *
 * @module
 */
import { digits, type Figure, figureOf } from "./figures.ts";
import type { Goal, Table } from "./part.ts";
import type { Row } from "./table_slices.ts";
import type { Form } from "./table_subjects.ts";

/** Under which load a guest is measured. */
export interface Mode {
  /** A part of the tables' names. */
  readonly id: string;
  readonly title: string;
  readonly note: string;
  /**
   * Whether the load is more than the table's, so that the goals for what
   * tracing costs at that load do not apply.
   */
  readonly isHeavier: boolean;
}

/** The claims of the announcement of 2012, in percent. */
const CLAIM_2012 = { ivring: 1.6, nfs: 24.3, ssh: 64.7 };
/** The most that IVRing may cost, in percent. */
const MOST_PERCENT = 1;
const TIMES_GOAL = 5;
const ARRIVED = "% of all";
const FORMS: readonly (readonly [Form, string])[] = [
  ["text", "text"],
  ["pages", "the kernel's pages unread"],
];

/**
 * Returns the part of the score that is missing, round by round, in percent.
 */
export function overheads(row: Row, bare: Row): number[] {
  return row.slices.map(({ score }, i) =>
    (1 - score / bare.slices[i].score) * 100
  );
}

/** Returns what an event of the load costs: an instruction takes 1 ns. */
function eventTable(mode: Mode, rows: readonly Row[]): Table {
  const [bare, kernel] = rows;
  const costs = (row: Row) =>
    overheads(row, bare).map((percent, i) =>
      percent / 100 * 1e9 / kernel.slices[i].recorded!
    );
  const own = costs(kernel);
  return {
    id: `table-${mode.id}-event`,
    title: "What an event of the load costs",
    unit: "guest instructions",
    head: "",
    columns: ["all", "of it the transport's"],
    rows: rows.slice(1).map((row) => {
      const all = costs(row);
      const rest = all.map((cost, i) => cost - own[i]);
      return {
        name: row.subject.name,
        figures: [figureOf(all), row === kernel ? null : figureOf(rest)],
      };
    }),
    note: "The profile of the first table: all that is lost, by the events " +
      "that the load makes. Tracing into the kernel's buffer is in all of " +
      "them but IVRing's first two: the kernel hands on to others only what " +
      "it has recorded there.",
  };
}

/**
 * Returns the tables of one mode.
 *
 * @param rows The first row is without tracing, the second without transport.
 */
export function modeTables(mode: Mode, rows: readonly Row[]): Table[] {
  const [bare, kernel] = rows;
  const own = overheads(kernel, bare);
  const traced = rows.slice(1);
  return [
    {
      id: `table-${mode.id}`,
      title: `The table of 2012, ${mode.title}`,
      unit: "% of the score without tracing",
      head: "",
      columns: ["overhead", "of it the transport's"],
      rows: traced.map((row) => {
        const all = overheads(row, bare);
        const rest = all.map((percent, i) => percent - own[i]);
        return {
          name: row.subject.name,
          figures: [figureOf(all), row === kernel ? null : figureOf(rest)],
        };
      }),
      note: [disturbed(mode, rows), mode.note].join(" ").trim() +
        ` In 2012: IVRing ${CLAIM_2012.ivring} %, NFS ${CLAIM_2012.nfs} %, ` +
        `SSH ${CLAIM_2012.ssh} %.`,
      detail: disturbed(mode, rows) !== null,
    },
    {
      id: `table-${mode.id}-records`,
      title: `Its records, ${mode.title}`,
      unit: "events a second; %; % of all",
      head: "",
      columns: ["recorded", "lost in the guest", "arrived at the host"],
      rows: traced.map((row) => ({
        name: row.subject.name,
        figures: [
          figure(row.slices.map(({ recorded }) => recorded)),
          row === kernel
            ? null
            : figure(row.slices.map(({ lostPercent }) => lostPercent)),
          figure([row.arrivedPercent]),
        ],
      })),
      note: "The load is the same for all; what is recorded beyond that are " +
        "the events that a transport causes by its own work in the guest.",
    },
    eventTable(mode, rows),
    {
      id: `table-${mode.id}-score`,
      title: `The scores, ${mode.title}`,
      unit: "units a second of the guest's time",
      head: "",
      columns: ["score"],
      rows: rows.map(({ subject, slices }) => ({
        name: subject.name,
        figures: [figureOf(slices.map(({ score }) => score))],
      })),
      detail: true,
    },
  ];
}

function figure(values: readonly (number | null)[]): Figure | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : figureOf(known);
}

/**
 * How many times the least score without tracing the greatest may be, on a
 * machine that is fit for measuring.
 */
const STEADY = 1.2;

/** Says why the figures of a mode are worth nothing; null if they are good. */
export function disturbed(
  { title }: Mode,
  [bare]: readonly Row[],
): string | null {
  const { low, high } = figureOf(bare.slices.map(({ score }) => score));
  if (high <= STEADY * low) return null;
  return `NOT TO BE USED, ${title}: the machine was busy with something else, ` +
    `or whom it shares its cores with was: the score without any tracing went ` +
    `from ${digits(low)} to ${digits(high)}.`;
}

/**
 * Returns the goals of one mode.
 *
 * @param rows As for {@linkcode modeTables}; the third row is IVRing by default.
 */
export function modeGoals(mode: Mode, rows: readonly Row[]): Goal[] {
  const goals = measuredGoals(mode, rows);
  if (disturbed(mode, rows) === null) return goals;
  // Losses count, whoever else was busy.
  return goals.map((goal) =>
    goal.unit === ARRIVED ? goal : { ...goal, found: null }
  );
}

function measuredGoals(mode: Mode, rows: readonly Row[]): Goal[] {
  const goals = relativeGoals(mode, rows);
  return mode.isHeavier ? goals : [...goals, ...tableGoals(mode, rows)];
}

/** Returns the goals at any load. */
function relativeGoals(
  mode: Mode,
  [bare, kernel, ivring]: readonly Row[],
): Goal[] {
  const ours = overheads(ivring, bare);
  return [
    {
      what: `IVRing's overhead in that of tracing without any transport, ` +
        mode.title,
      sense: "at most",
      limit: 1,
      found: figureOf(
        overheads(kernel, bare).map((all, i) => ours[i] / all),
      ),
      unit: "times",
    },
    {
      what: `IVRing's records that arrive, ${mode.title}`,
      sense: "at least",
      limit: 100,
      found: figure([ivring.arrivedPercent]),
      unit: ARRIVED,
    },
  ];
}

/** Returns the goals at the table's load. */
function tableGoals(mode: Mode, rows: readonly Row[]): Goal[] {
  const [bare, , ivring] = rows;
  const ours = overheads(ivring, bare);
  return [
    {
      what: `IVRing's overhead, ${mode.title}`,
      sense: "at most",
      limit: MOST_PERCENT,
      found: figureOf(ours),
      unit: "%",
    },
    ...FORMS.map(([form, what]): Goal => {
      const rivals = rows.filter(({ subject }) => subject.form === form)
        .map((row) => overheads(row, bare));
      const cheapest = ours.map((own, i) =>
        Math.min(...rivals.map((all) => all[i])) / own
      );
      return {
        what: `the cheapest rival that sends ${what}, its overhead in ` +
          `IVRing's, ${mode.title}`,
        sense: "at least",
        limit: TIMES_GOAL,
        found: rivals.length === 0 ? null : figureOf(cheapest),
        unit: "times",
      };
    }),
  ];
}
