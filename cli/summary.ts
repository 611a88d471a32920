// SPDX-License-Identifier: MIT
/**
 * The account at the end.
 *
 * @module
 */
import type { Totals } from "../ring/totals.ts";

type Count = Exclude<keyof Totals, never>;

/** Always told, so that a script finds them. */
const ALWAYS: readonly Count[] = [
  "records",
  "bytes",
  "lost",
  "dropped",
  "corrupt",
  "late",
];

/** Told where they are not 0. */
const SOMETIMES: readonly (readonly [Count, string])[] = [
  ["unwritten", "not written (the output took no more)"],
  ["missed", "missed (overwritten before this reader started)"],
  ["truncated", "truncated (the end of a split message is missing)"],
  ["opaque", "opaque (records that nothing describes)"],
  ["skipped", "skipped (the guest's kernel overwrote them unrecorded)"],
  ["rewound", "rewound (a ring went back, as after a snapshot)"],
  ["sessions", "new sessions (the guest formatted the region again)"],
];

/** What was read and what was not; one line without its end. */
export function summaryText(totals: Readonly<Totals>): string {
  return [
    ...ALWAYS.map((name) => `${totals[name]} ${name}`),
    ...SOMETIMES.filter(([name]) => totals[name] > 0)
      .map(([name, text]) => `${totals[name]} ${text}`),
  ].join(", ");
}
