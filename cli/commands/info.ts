// SPDX-License-Identifier: MIT
/**
 * The command that shows everything that a region says about itself: geometry,
 * clocks, positions, counters.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { objectRules } from "../arguments/object_rules.ts";
import { SOURCE_OPTIONS, targetsOf } from "../arguments/targets.ts";
import type { Command } from "./command.ts";

/** `ivring_reader info -s NAME`. */
export const INFO: Command = {
  name: "info",
  summary: "Show geometry, clocks, positions and counters of rings",
  options: [...SOURCE_OPTIONS, "all", "json"],
  implied: ["once"],
  run: async (options) => {
    const targets = targetsOf(options);
    using libc = new Libc();
    const rules = objectRules(libc, options);
    const { printInfo } = await import("../printing/region_info.ts");
    await printInfo(libc, { targets, rules, json: options.json });
  },
};
