// SPDX-License-Identifier: MIT
/**
 * The summary that is printed at the end.
 *
 * @module
 */
import type { Totals } from "../../ring/totals.ts";

type Count = keyof Totals;

/** Counts that are always given, so that a script finds them. */
const ALWAYS: readonly Count[] = [
  "records",
  "bytes",
  "lost",
  "dropped",
  "corrupt",
  "late",
];

/** Counts that are given if they are not 0, each with its explanation. */
const SOMETIMES: readonly (readonly [Count, string])[] = [
  ["unwritten", "not written (the output took no more, or was removed)"],
  ["missed", "missed (from before the place where this reader began)"],
  ["truncated", "truncated (split messages that did not come whole)"],
  ["opaque", "opaque (records that nothing describes)"],
  [
    "skipped",
    "skipped (overwritten or cleared in the guest before its driver took them)",
  ],
  ["rewound", "rewound (a ring went back, as after a snapshot)"],
  ["sessions", "new sessions (the guest formatted the region again)"],
];

/** Puts a count in front of a text, whose plural becomes a singular for 1. */
function counted(count: number, text: string): string {
  return `${count} ${
    count === 1 ? text.replace(/^(new session)s/, "$1") : text
  }`;
}

/** Formats what was read and what was not, as one line without its line end. */
export function summaryText(totals: Readonly<Totals>): string {
  return [
    ...ALWAYS.map((name) => `${totals[name]} ${name}`),
    ...SOMETIMES.filter(([name]) => totals[name] > 0)
      .map(([name, text]) => counted(totals[name], text)),
  ].join(", ");
}
