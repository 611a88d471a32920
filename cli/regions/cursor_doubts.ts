// SPDX-License-Identifier: MIT
/**
 * Reports that a cursor was not used because it cannot be right.
 *
 * @module
 */
import { complain } from "../console/messages.ts";

/**
 * Reports it, even with `--quiet`, because records may come twice.
 *
 * @param subject Where the cursor was: a file, or an object's host pages.
 * @param doubts Why it cannot be right, as in `RegionReader.doubts`.
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
