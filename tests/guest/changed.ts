// SPDX-License-Identifier: MIT
/**
 * Makes copies of the driver's sources with a change, for controls.
 *
 * @module
 */
import { copyDriver, type DriverChange } from "../support/driver_copy.ts";
import type { Workbench } from "../tools/cc.ts";

/**
 * Copies the driver's sources and headers, with one change.
 *
 * @param bench The workbench in whose folder the copy is made.
 * @param change What is different in the copy.
 * @returns The copy's folder.
 * @throws {Error} If the text to be changed is not there exactly once.
 */
export function copyChanged(bench: Workbench, change: DriverChange): string {
  const folder = Deno.makeTempDirSync({ dir: bench.dir });
  copyDriver(folder, [change]);
  return folder;
}

/**
 * Returns the paths that sources of `sources.ts` have in a copy.
 *
 * @param folder The folder that {@linkcode copyChanged} returned.
 */
export function within(folder: string, sources: readonly string[]): string[] {
  return sources.map((file) => file.replace(/^guest\//, `${folder}/`));
}
