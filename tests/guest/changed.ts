// SPDX-License-Identifier: MIT
/**
 * The driver's sources with something changed, for controls.
 *
 * @module
 */
import { apply, type Change } from "../support/changes.ts";
import { driverFiles } from "../support/driver_files.ts";
import { ROOT, type Workbench } from "../tools/cc.ts";

/** A change of one of the driver's files. */
export interface DriverChange extends Change {
  /** Below `guest/`. */
  readonly file: string;
}

/**
 * Copies the driver's sources and headers.
 *
 * @param bench Its folder holds the copy.
 * @param change What is different in it.
 * @returns The folder.
 * @throws {Error} If what is to be changed is not there exactly once.
 */
export function copyChanged(bench: Workbench, change: DriverChange): string {
  const folder = Deno.makeTempDirSync({ dir: bench.dir });
  Deno.mkdirSync(`${folder}/core`);
  for (const name of driverFiles()) {
    const text = Deno.readTextFileSync(`${ROOT}/guest/${name}`);
    const copy = name === change.file ? apply(text, change) : text;
    Deno.writeTextFileSync(`${folder}/${name}`, copy);
  }
  return folder;
}

/**
 * Sources as in `sources.ts`, in a copy.
 *
 * @param folder From {@linkcode copyChanged}.
 */
export function within(folder: string, sources: readonly string[]): string[] {
  return sources.map((file) => file.replace(/^guest\//, `${folder}/`));
}
