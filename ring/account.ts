// SPDX-License-Identifier: MIT
/**
 * What is counted of a whole message when it is delivered.
 *
 * @module
 */
import { readClock } from "./clock_record.ts";
import { readKlog } from "./klog.ts";
import { ABI } from "./layout.ts";
import type { RecordView } from "./record_view.ts";
import type { Totals } from "./totals.ts";

/**
 * Counts what a record of the kernel log or of the clock says, or that it
 * contradicts itself. (Whether one of a kernel event does is known, and
 * counted, by who asks `EventTable.describe`.)
 *
 * @param totals Gets `skipped` and `opaque`.
 */
export function account(record: RecordView, totals: Totals): void {
  if (record.id === ABI.ID_KLOG) {
    const message = readKlog(record);
    if (message === null) totals.opaque++;
    else {
      const skipped = totals.skipped + message.skipped;
      totals.skipped = Math.min(skipped, Number.MAX_SAFE_INTEGER);
    }
  } else if (record.id === ABI.ID_CLOCK) {
    if (readClock(record) === null) totals.opaque++;
  }
}
