// SPDX-License-Identifier: MIT
/**
 * The page about metrics, made of the table that they are written from.
 *
 * @module
 */
import { type Metric, METRICS } from "../cli/files/metrics.ts";
import { cell } from "./cell.ts";

/** The page's path, seen from the root. */
export const METRICS_PAGE_PATH = "docs/reference/metrics.md";

const INTRODUCTION =
  `\`--metrics-file FILE\` writes these metrics every five seconds, and once more when
the reader ends, in the text format of Prometheus, as node_exporter's textfile
collector reads it. [Many guests](../how-to/many-guests.md#metrics) says how to
use it.

All metrics but the first have the label \`object\`, the name of the shared memory
object, and a value for each object that is read or waited for. A counter begins
at 0 when the reader starts, unless its description says otherwise.
A metric that no object has a value of is left out, with its \`HELP\` and \`TYPE\`.
A later version may add metrics and values of the labels \`state\` and \`mode\`, but
[does not change these names](../compatibility.md#what-stays-as-it-is).`;

/** Returns the whole page as Markdown. */
export function metricsPage(): string {
  return [
    "<!-- SPDX-License-Identifier: MIT -->",
    "<!-- made by `deno task reference`; changes here are lost -->",
    "# Metrics",
    "",
    INTRODUCTION,
    "",
    "| metric | type | unit | labels | what it is | when it is absent |",
    "|---|---|---|---|---|---|",
    ...METRICS.map(row),
    "",
  ].join("\n");
}

function row({ name, type, unit, labels, help, more, absent }: Metric): string {
  const cells = [
    `\`${name}\``,
    type,
    unit,
    labels.map((label) => `\`${label}\``).join(", ") || "none",
    more === "" ? help : `${help} ${more}`,
    absent || "never",
  ];
  return `| ${cells.map(cell).join(" | ")} |`;
}
