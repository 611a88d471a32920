// SPDX-License-Identifier: MIT
/**
 * Defines a part of the benchmarks: a name, and a function that measures and
 * returns tables, goals and remarks. `main.ts` does the rest.
 *
 * @module
 */
import type { Figure } from "./figures.ts";

/** A table: rows of figures in one unit. */
export interface Table {
  /** The id, unique among all parts, which also names the plot's file. */
  readonly id: string;
  readonly title: string;
  /** The unit of all figures, such as "ns a record". */
  readonly unit: string;
  /** What the rows are, as the head of the first column. */
  readonly head: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** What readers have to know; it is printed below the table. */
  readonly note?: string;
  /** Left out of docs/performance.md; it is in `summary.md` of the folder of runs. */
  readonly detail?: boolean;
}

/** One row of a table. */
export interface Row {
  readonly name: string;
  /** One figure for each column; null if there is nothing to measure. */
  readonly figures: readonly (Figure | null)[];
}

/** What should be reached, and what was reached. */
export interface Goal {
  readonly what: string;
  readonly sense: "at most" | "at least";
  readonly limit: number;
  /** What was found; null if it could not be measured. */
  readonly found: Figure | null;
  /** The unit; left out for ratios. */
  readonly unit?: string;
}

/** The results of a part. */
export interface PartResult {
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** Sentences that say how it was measured, and what was left out and why. */
  readonly remarks: readonly string[];
}

/** What a part works with. */
export interface Context {
  /**
   * Whether it must be done within half a minute, with fewer cases, but not
   * fewer than 5 rounds.
   */
  readonly quick: boolean;
  /** A folder for files of any kind, removed at the end. */
  readonly folder: string;
  /**
   * Keeps what was measured as one line of JSON in the raw file. To be called
   * for every measurement, before anything is computed from it.
   */
  raw(measured: Readonly<Record<string, unknown>>): void;
  /** Tells the person who waits what is measured now. */
  progress(text: string): void;
}

/** A part of the benchmarks. */
export interface Part {
  /** The name for `--part NAME`. */
  readonly name: string;
  readonly title: string;
  /**
   * Measures the part. What is missing for a single rival is only a remark.
   *
   * @throws {NotHereError} if the whole part cannot be measured here.
   */
  readonly run: (context: Context) => Promise<PartResult>;
}

/** This machine lacks something that a part needs; the message says what. */
export class NotHereError extends Error {
  override readonly name = "NotHereError";
}

/** Tells whether a goal is reached; null if that is unknown. */
export function isMet({ sense, limit, found }: Goal): boolean | null {
  if (found === null) return null;
  return sense === "at most" ? found.median <= limit : found.median >= limit;
}
