// SPDX-License-Identifier: MIT
/**
 * The default command: print the records of regions, and follow them.
 *
 * @module
 */
import type { Command } from "../commands.ts";
import { OBJECT_OPTIONS } from "../regions/objects.ts";
import { SERVER_OPTIONS } from "../regions/served_targets.ts";
import { PRINT_OPTIONS } from "../outputs/choose.ts";
import { printRegions } from "../print_regions.ts";
import { targetsOf } from "../regions/targets.ts";

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
  run: (options) => printRegions(options, targetsOf(options)),
};
