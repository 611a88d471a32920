// SPDX-License-Identifier: MIT
/**
 * What a reader counts. Every record a guest attempted is in exactly one of
 * `records`, `unwritten`, `lost`, `dropped` and `missed`; or in none of them,
 * if the output was no longer read by anybody.
 *
 * @module
 */

/** Counters of one reader, over all rings, since it attached. */
export class Totals {
  /** Records delivered; each part of a split message counts. */
  records = 0;
  /** Records that were read, but could not be written out; not in `records`. */
  unwritten = 0;
  /** Payload bytes delivered. */
  bytes = 0;
  /** Records overwritten or never committed; exact, from sequence numbers. */
  lost = 0;
  /** Records that the guest refused, because records were in the way that it
   * had not published yet or, in lossless mode, that were not consumed yet. */
  dropped = 0;
  /** Places that did not parse: in a block, the parts of a message, metadata,
   * or the commit word. The records of such a block count as lost. */
  corrupt = 0;
  /** Records delivered after one that has a later time. */
  late = 0;
  /** Records before the place where this reader began: they were overwritten or
   * refused before that, or were not wanted. */
  missed = 0;
  /** Split messages whose beginning, middle or end is missing. */
  truncated = 0;
  /** Records that have no description, or that contradict it, so that they are
   * shown as bytes. They are in `records`, too. */
  opaque = 0;
  /** Kernel log messages that the guest's kernel had overwritten, or that were
   * cleared there, before they could be recorded. */
  skipped = 0;
  /** How often a ring's position or sequence went back within a session. */
  rewound = 0;
  /** Sessions after the first; the guest formatted the region for each. */
  sessions = 0;
}

/** Adds what one reader counted to a sum. */
export function addTotals(sum: Totals, totals: Readonly<Totals>): void {
  for (const name of Object.keys(sum) as (keyof Totals)[]) {
    sum[name] += totals[name];
  }
}
