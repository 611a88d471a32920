// SPDX-License-Identifier: MIT
/**
 * The command that prints what a ring, the guest's black box, holds now or held
 * when it was copied.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import type { Command } from "./command.ts";
import { PRINT_OPTIONS } from "../arguments/print_style.ts";
import { printSettings } from "../arguments/print_settings.ts";
import { SOURCE_OPTIONS } from "../arguments/targets.ts";

/** `ivring_reader dump -s NAME`. */
export const DUMP: Command = {
  name: "dump",
  summary: "Print what rings, or a copy of a ring, hold, and exit",
  options: [
    ...SOURCE_OPTIONS,
    "all",
    "lines",
    ...PRINT_OPTIONS,
    "file",
    "quiet",
    "verbose",
  ],
  implied: ["once"],
  run: async (options) => {
    using libc = new Libc();
    const settings = printSettings(libc, options);
    // A copy has no heartbeat.
    const checksHearts = !settings.targets.isCopy;
    const { printRegions } = await import("../printing/print_regions.ts");
    await printRegions(libc, { ...settings, once: true, checksHearts });
  },
};
