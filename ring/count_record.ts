// SPDX-License-Identifier: MIT
/**
 * Counts what whole messages say when they are delivered.
 *
 * @module
 */
import { readClock } from "./clock_record.ts";
import { readKlog } from "./klog.ts";
import { ABI } from "./layout.ts";
import type { RecordView } from "./record_view.ts";
import { readTask } from "./task_record.ts";
import type { Totals } from "./totals.ts";

/**
 * Counts what a record of one of the protocol's own kinds says. One that
 * contradicts itself, or has an id without a meaning, counts as opaque; so does
 * a joined message whose parts say that it is a part itself. (Kernel events
 * that are opaque are counted by `EventTable.describe`.)
 *
 * @param record A record that is not a part of a split message.
 * @param totals The counters; `skipped` and `opaque` may grow.
 */
export function account(record: RecordView, totals: Totals): void {
  if (record.id <= ABI.ID_MESSAGE || record.id === ABI.ID_TAKEOVER) return;
  if (record.id === ABI.ID_KLOG) {
    const message = readKlog(record);
    if (message !== null) {
      const skipped = totals.skipped + message.skipped;
      totals.skipped = Math.min(skipped, Number.MAX_SAFE_INTEGER);
      return;
    }
  } else if (record.id === ABI.ID_CLOCK && readClock(record) !== null) return;
  else if (record.id === ABI.ID_TASK && readTask(record) !== null) return;
  totals.opaque++;
}
