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
  /** Records the guest refused because its own unpublished ones were in the way. */
  dropped = 0;
  /** Places where a block or the metadata did not parse; the records of such a
   * block count as lost. */
  corrupt = 0;
  /** Records delivered behind a later one of another ring. */
  late = 0;
  /** Records before the place where this reader began, which were overwritten by
   * then or not wanted. */
  missed = 0;
  /** Split messages whose beginning, middle or end is missing. */
  truncated = 0;
  /** Records without a description, or that disagree with it, so that they are
   * shown as bytes. They are in `records` too. */
  opaque = 0;
  /** Kernel log messages that the guest's kernel had overwritten before they
   * could be recorded. */
  skipped = 0;
  /** Times a ring's position or sequence went back within a session. */
  rewound = 0;
  /** Sessions begun after the first: the guest formatted the region anew. */
  sessions = 0;
}

/** Adds what one reader counted to a sum. */
export function addTotals(sum: Totals, totals: Readonly<Totals>): void {
  for (const name of Object.keys(sum) as (keyof Totals)[]) {
    sum[name] += totals[name];
  }
}
