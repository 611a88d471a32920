// SPDX-License-Identifier: MIT
/**
 * What a part of the benchmarks is: a name, and a function that measures and
 * gives tables, goals and remarks. `main.ts` does the rest.
 *
 * @module
 */
import type { Figure } from "./figures.ts";

/** Rows of figures in one unit. */
export interface Table {
  /** Unique among all parts; names the plot's file. */
  readonly id: string;
  readonly title: string;
  /** Of all figures, such as "ns a record". */
  readonly unit: string;
  /** What the rows are. */
  readonly head: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** Printed below the table: what one has to know to read it. */
  readonly note?: string;
  /** Left out of docs/performance.md; it is in `summary.md` of the folder of runs. */
  readonly detail?: boolean;
}

/** One row of a table. */
export interface Row {
  readonly name: string;
  /** One a column; null where there is nothing to measure. */
  readonly figures: readonly (Figure | null)[];
}

/** What was to be reached, and what was. */
export interface Goal {
  readonly what: string;
  readonly sense: "at most" | "at least";
  readonly limit: number;
  /** Null where it could not be measured. */
  readonly found: Figure | null;
  /** What it is measured in; left out for ratios. */
  readonly unit?: string;
}

/** What a part found. */
export interface PartResult {
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** Sentences: how it was measured, what was left out and why. */
  readonly remarks: readonly string[];
}

/** What a part works with. */
export interface Context {
  /** Be done within half a minute: fewer cases, not fewer than 5 rounds. */
  readonly quick: boolean;
  /** A folder for files of any kind, removed at the end. */
  readonly folder: string;
  /**
   * Keeps what was measured, as one line of JSON in the raw file. Call it for
   * every measurement, before anything is computed from it.
   */
  raw(measured: Readonly<Record<string, unknown>>): void;
  /** Tells the person who waits what is measured now. */
  progress(text: string): void;
}

/** A part of the benchmarks. */
export interface Part {
  /** As in `--part NAME`. */
  readonly name: string;
  readonly title: string;
  /**
   * @throws {NotHereError} where the whole part cannot be measured here. What
   * is missing for a rival only is a remark.
   */
  readonly run: (context: Context) => Promise<PartResult>;
}

/** This machine has not what a part needs; the message says what. */
export class NotHereError extends Error {
  override readonly name = "NotHereError";
}

/** Whether a goal is reached; null where that is not known. */
export function isMet({ sense, limit, found }: Goal): boolean | null {
  if (found === null) return null;
  return sense === "at most" ? found.median <= limit : found.median >= limit;
}
