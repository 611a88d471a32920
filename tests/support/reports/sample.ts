// SPDX-License-Identifier: MIT
/**
 * A made-up report of the kernel, for tests of what joins the lines of one.
 *
 * The texts follow the kernel's format strings; names, addresses and numbers
 * are invented.
 *
 * @module
 */

/** A report, and what the reader is expected to find in it. */
export interface ReportSample {
  /** What the test calls it. */
  readonly name: string;
  /** The lines, each with its level in front: `4|text`. */
  readonly text: string;
  readonly kind: string;
  readonly headline: string;
  /** The task as `comm/pid`. */
  readonly task?: string;
  readonly cpu?: number;
  readonly at?: string;
  readonly trace?: readonly string[];
  readonly panic?: string;
}

/** One line of a sample. */
export interface SampleLine {
  readonly level: number;
  readonly text: string;
}

/** Splits a sample into its lines. */
export function linesOfSample({ text }: ReportSample): SampleLine[] {
  return text.trim().split("\n").map((line) => ({
    level: Number(line[0]),
    text: line.slice(2).replaceAll("\\n", "\n"),
  }));
}
