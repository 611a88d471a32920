// SPDX-License-Identifier: MIT
/**
 * Telling that a cursor was not used, since it cannot be right.
 *
 * @module
 */
import { complain } from "../console/messages.ts";

/**
 * Reports it, also with `--quiet`: records may come twice.
 *
 * @param subject Where the cursor was: a file, or an object's host pages.
 * @param doubts By ring, as `RegionReader.doubts`.
 */
export function complainOfDoubts(
  subject: string,
  doubts: readonly string[],
): void {
  if (doubts.length === 0) return;
  complain(
    `${subject}: a cursor that cannot be right: ${
      doubts.join("; ")
    }: reading ` +
      "from the oldest record there: what was delivered before comes again",
  );
}
