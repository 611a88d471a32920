// SPDX-License-Identifier: MIT
/**
 * The black box: what a ring holds now, or held when it was copied.
 *
 * @module
 */
import type { Command } from "../commands.ts";
import { oneObject } from "../regions/objects.ts";
import { PRINT_OPTIONS } from "../outputs/choose.ts";
import { printRegions } from "../print_regions.ts";
import { checkSource, SOURCE_OPTIONS } from "../regions/source.ts";

/** `ivring_reader dump -s NAME`. */
export const DUMP: Command = {
  name: "dump",
  summary: "Print what a ring or a copy of one holds, and exit",
  options: [
    ...SOURCE_OPTIONS,
    "lines",
    ...PRINT_OPTIONS,
    "file",
    "quiet",
    "verbose",
  ],
  run: async (options) => {
    checkSource(options);
    const name = options.image || oneObject(options);
    await printRegions(
      { ...options, once: true },
      { names: [name], patterns: [], single: true },
    );
  },
};
