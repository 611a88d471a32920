// SPDX-License-Identifier: MIT
/**
 * Copies the driver's sources, as they are or, for controls, with changes.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";
import { apply, type Change } from "./changes.ts";
import { DRIVER_FOLDERS, driverFiles } from "./driver_files.ts";
import { readIfThere } from "./temp_folder.ts";

/** A change in one of the driver's files. */
export interface DriverChange extends Change {
  /** Path below `guest/`. */
  readonly file: string;
}

/**
 * Copies the driver's sources. A file that is in the folder already, with the same
 * text, is left as it is, so that it is not compiled again.
 *
 * @param folder Made here if it is not there.
 * @param changes What is different in the copy.
 * @throws {Error} If the text to be changed is not there exactly once.
 */
export function copyDriver(
  folder: string,
  changes: readonly DriverChange[] = [],
): void {
  for (const each of DRIVER_FOLDERS) {
    Deno.mkdirSync(`${folder}/${each}`, { recursive: true });
  }
  for (const name of driverFiles()) {
    const source = Deno.readTextFileSync(`${ROOT}/guest/${name}`);
    const text = changes.filter(({ file }) => file === name)
      .reduce(apply, source);
    const path = `${folder}/${name}`;
    if (text !== readIfThere(path)) Deno.writeTextFileSync(path, text);
  }
}
