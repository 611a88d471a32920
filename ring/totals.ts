// SPDX-License-Identifier: MIT
/**
 * What a reader counts. Every record a guest attempted is in exactly one of
 * `records`, `unwritten`, `lost`, `dropped` and `missed`.
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
  /** Records that were gone before this reader attached. */
  missed = 0;
  /** Split messages of which only the beginning arrived. */
  truncated = 0;
  /** Records of kernel events, of the kernel log or of the clock that nothing
   * describes, or that disagree with what does; they are in `records` too. */
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
