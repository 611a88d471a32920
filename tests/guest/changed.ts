// SPDX-License-Identifier: MIT
/**
 * Makes copies of the driver's sources with a change, for controls.
 *
 * @module
 */
import { apply, type Change } from "../support/changes.ts";
import { DRIVER_FOLDERS, driverFiles } from "../support/driver_files.ts";
import { ROOT, type Workbench } from "../tools/cc.ts";

/** A change in one of the driver's files. */
export interface DriverChange extends Change {
  /** Path below `guest/`. */
  readonly file: string;
}

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
  for (const each of DRIVER_FOLDERS) {
    Deno.mkdirSync(`${folder}/${each}`, { recursive: true });
  }
  for (const name of driverFiles()) {
    const text = Deno.readTextFileSync(`${ROOT}/guest/${name}`);
    const copy = name === change.file ? apply(text, change) : text;
    Deno.writeTextFileSync(`${folder}/${name}`, copy);
  }
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
