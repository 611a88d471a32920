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
  /** Places where a block did not parse; what they held counts as lost. */
  corrupt = 0;
  /** Records delivered behind a later one of another ring. */
  late = 0;
  /** Records that were gone before this reader attached. */
  missed = 0;
  /** Split messages of which only the beginning arrived. */
  truncated = 0;
  /** Times a ring's position or sequence went back within a session. */
  rewound = 0;
  /** Sessions begun after the first: the guest formatted the region anew. */
  sessions = 0;
}
