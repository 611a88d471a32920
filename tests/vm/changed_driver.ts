// SPDX-License-Identifier: MIT
/**
 * Builds the driver with something changed, for controls.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";
import type { DriverChange } from "../guest/changed.ts";
import { apply } from "../support/changes.ts";
import { DRIVER_FOLDERS, driverFiles } from "../support/driver_files.ts";
import { makeDriver } from "./build.ts";

/**
 * Builds the driver with changes. What an earlier build in the same folder has
 * compiled of the same sources is not compiled again.
 *
 * @param headers Build directory of the kernel's headers.
 * @param folder A folder for this, which need not exist.
 * @returns The path of the module, which the next build there replaces.
 * @throws {Error} If the text to be changed is not there exactly once, or if
 *   the driver does not build.
 */
export async function buildChanged(
  headers: string,
  folder: string,
  changes: readonly DriverChange[],
): Promise<string> {
  for (const each of DRIVER_FOLDERS) {
    await Deno.mkdir(`${folder}/${each}`, { recursive: true });
  }
  for (const name of driverFiles()) {
    const source = await Deno.readTextFile(`${ROOT}/guest/${name}`);
    const text = changes.filter(({ file }) => file === name)
      .reduce(apply, source);
    const path = `${folder}/${name}`;
    const before = await Deno.readTextFile(path).catch(() => null);
    if (text !== before) await Deno.writeTextFile(path, text);
  }
  await makeDriver(headers, folder, "modules");
  return `${folder}/ivring.ko`;
}
