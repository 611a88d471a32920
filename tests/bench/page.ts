// SPDX-License-Identifier: MIT
/**
 * Makes the tables of docs/performance.md from the summary and from nothing
 * else.
 *
 * @module
 */
import { summaryText } from "./markdown.ts";
import type { Summary } from "./results.ts";

/** The line before the tables. */
export const BEGIN = "<!-- bench:begin -->";
/** The line behind them. */
export const END = "<!-- bench:end -->";
/** The folder of the plots, relative to the page. */
const PLOTS = "../tests/bench/results";

/**
 * Puts the tables into the page's text.
 *
 * @param page The whole text, with one pair of markers.
 * @returns The whole text; what is outside the markers does not change.
 * @throws {Error} if the markers are missing, doubled or in the wrong order.
 */
export function withTables(page: string, summary: Summary): string {
  const begin = page.split(BEGIN).length - 1;
  const end = page.split(END).length - 1;
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (begin !== 1 || end !== 1 || from > to) {
    throw new Error(
      `the page needs one line "${BEGIN}" and behind it one "${END}"`,
    );
  }
  return page.slice(0, from) + BEGIN + "\n" +
    "<!-- made by `deno task bench -- --publish`; changes here are lost -->\n\n" +
    summaryText(summary, false, PLOTS) + page.slice(to);
}
