// SPDX-License-Identifier: MIT
/**
 * The default command, which prints the records of regions and follows them.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import type { Command } from "./command.ts";
import { OBJECT_OPTIONS } from "../arguments/object_rules.ts";
import { SERVER_OPTIONS } from "../arguments/served_targets.ts";
import { PRINT_OPTIONS } from "../arguments/print_style.ts";
import { printSettings } from "../arguments/print_settings.ts";

/** `ivring_reader -s NAME`. */
export const READ: Command = {
  name: "read",
  summary: "Print records as they come",
  options: [
    "shm",
    "all",
    "lines",
    ...OBJECT_OPTIONS,
    ...SERVER_OPTIONS,
    "lossless",
    ...PRINT_OPTIONS,
    "file",
    "rotate-mib",
    "keep-files",
    "cursor-file",
    "incoming",
    "metrics-file",
    "exit-on-loss",
    "once",
    "quiet",
    "verbose",
  ],
  run: async (options) => {
    using libc = new Libc();
    const settings = printSettings(libc, options);
    const { printRegions } = await import("../printing/print_regions.ts");
    await printRegions(libc, settings);
  },
};
