// SPDX-License-Identifier: MIT
/**
 * The README's performance section, made of the summary and of nothing else.
 *
 * @module
 */
import { summaryText } from "./markdown.ts";
import type { Summary } from "./results.ts";

/** Where the section begins and ends. */
export const BEGIN = "<!-- bench:begin -->";
/** The line behind it. */
export const END = "<!-- bench:end -->";
/** Of the plots, seen from the README. */
const PLOTS = "tests/bench/results";

/**
 * Puts the section into the README's text.
 *
 * @param readme The whole text, with one pair of markers.
 * @returns The whole text again; what is outside the markers is as it was.
 * @throws {Error} where the markers are missing, doubled or in wrong order.
 */
export function withSection(readme: string, summary: Summary): string {
  const begin = readme.split(BEGIN).length - 1;
  const end = readme.split(END).length - 1;
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (begin !== 1 || end !== 1 || from > to) {
    throw new Error(
      `the README needs one line "${BEGIN}" and behind it one "${END}"`,
    );
  }
  return readme.slice(0, from) + BEGIN + "\n" +
    "<!-- made by `deno task bench -- --readme`; changes here are lost -->\n\n" +
    summaryText(summary, false, PLOTS) + readme.slice(to);
}
