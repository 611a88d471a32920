// SPDX-License-Identifier: MIT
/**
 * Writes results as text that people read.
 *
 * @module
 */
import { digits, shown } from "./figures.ts";
import { machineText } from "./machine.ts";
import { type Goal, isMet, type Table } from "./part.ts";
import { hasPlot } from "./plot.ts";
import type { PartSummary, Summary } from "./results.ts";

const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** Returns a table: medians, and their spread in brackets. */
export function tableText(table: Table): string {
  const { title, unit, head, columns, rows, note } = table;
  return [
    `**${title}** (${unit})`,
    "",
    line([head, ...columns]),
    line([head, ...columns].map(() => "---")),
    ...rows.map(({ name, figures }) =>
      line([name, ...figures.map((f) => f === null ? "-" : shown(f))])
    ),
    ...(note === undefined ? [] : ["", note]),
    "",
  ].join("\n");
}

/** Returns all goals, with what was found. */
export function goalsText(goals: readonly Goal[]): string {
  const words = (goal: Goal) => {
    const met = isMet(goal);
    return met === null ? "not measured" : met ? "met" : "**not met**";
  };
  return [
    line(["goal", "limit", "found", ""]),
    line(["---", "---", "---", "---"]),
    ...goals.map((goal) => {
      const { what, sense, limit, found, unit } = goal;
      const measure = unit === undefined ? "" : ` ${unit}`;
      return line([
        what,
        `${sense} ${digits(limit)}${measure}`,
        found === null ? "-" : shown(found) + measure,
        words(goal),
      ]);
    }),
    "",
  ].join("\n");
}

/**
 * Returns the text of one part.
 *
 * @param everything Whether tables of detail are printed too.
 * @param plots Folder of the plots relative to the text's own place; if it is
 *   not given, the plots are left out.
 */
export function partText(
  part: PartSummary,
  everything: boolean,
  plots?: string,
): string {
  const tables = part.tables.filter((table) => everything || !table.detail);
  return [
    `## ${part.title}`,
    "",
    machineText(part.machine) + ".",
    "",
    ...part.remarks.map((remark) => `- ${remark}`),
    ...(part.remarks.length > 0 ? [""] : []),
    ...(part.goals.length > 0 ? [goalsText(part.goals)] : []),
    ...tables.flatMap((table) => [
      tableText(table),
      ...(plots === undefined || !hasPlot(table)
        ? []
        : [`![${table.title}](${plots}/${table.id}.svg)`, ""]),
    ]),
  ].join("\n");
}

/** Returns the text of all parts, in the order of the summary. */
export function summaryText(
  summary: Summary,
  everything: boolean,
  plots?: string,
): string {
  return Object.values(summary)
    .map((part) => partText(part, everything, plots)).join("\n");
}
