// SPDX-License-Identifier: MIT
/**
 * Tables and lists for people.
 *
 * @module
 */
import { unicodeWidth } from "@std/cli/unicode-width";

/**
 * Formats rows below each other, with aligned columns that are two spaces
 * apart. Wide characters count as the two columns that they take.
 *
 * @param rows Each cell is a text that is safe to show.
 * @param right Columns of numbers, by index: aligned at their right.
 */
export function columns(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, text] of row.entries()) {
      widths[i] = Math.max(widths[i] ?? 0, unicodeWidth(text));
    }
  }
  return rows.map((row) =>
    row.map((text, i) => {
      const blanks = " ".repeat(widths[i] - unicodeWidth(text));
      return right.includes(i) ? blanks + text : text + blanks;
    }).join("  ").trimEnd() + "\n"
  ).join("");
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
];

/** Formats a time span in the largest unit that it contains at least twice. */
export function spanText(seconds: number): string {
  for (const [unit, name] of UNITS) {
    if (seconds >= 2 * unit) return `${Math.floor(seconds / unit)} ${name}`;
  }
  return `${Math.floor(seconds)} s`;
}

/** Formats a number of bytes in the largest unit of which it is a multiple. */
export function bytesText(bytes: number): string {
  for (
    const [shift, unit] of [[30, "GiB"], [20, "MiB"], [10, "KiB"]] as const
  ) {
    if (bytes > 0 && bytes % 2 ** shift === 0) {
      return `${bytes / 2 ** shift} ${unit}`;
    }
  }
  return `${bytes} B`;
}
