// SPDX-License-Identifier: MIT
/**
 * Reading the object of a name, and whatever takes its place.
 *
 * @module
 */
import type { Libc } from "../ffi/libc.ts";
import type { Totals } from "../ring/totals.ts";
import { ObjectWatch } from "./object_watch.ts";
import { summaryText } from "./summary.ts";
import { attach, explainRegion, type WaitOptions } from "./wait.ts";

/**
 * Attaches, reads, attaches to the object that has been made anew meanwhile,
 * and so on; then tells the sum.
 *
 * @param totals What all the readers count on.
 * @param body Reads one region until it shall end, or the object is replaced.
 * @throws As `attach` and `body`, errors naming the object.
 */
export async function eachRegion<Reader>(
  libc: Libc,
  options: WaitOptions<Reader>,
  totals: Totals,
  body: (reader: Reader, object: ObjectWatch) => Promise<void>,
): Promise<void> {
  const { name, once, messages } = options;
  let region = await attach(libc, options);
  try {
    while (region !== null) {
      using memory = region.memory;
      const object = new ObjectWatch(memory, messages);
      await body(region.reader, object);
      if (once || !object.replaced()) break;
      totals.sessions++;
      region = await attach(libc, options);
    }
  } catch (error) {
    throw explainRegion(name, error);
  } finally {
    messages.note(summaryText(totals));
  }
}
