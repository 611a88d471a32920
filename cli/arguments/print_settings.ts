// SPDX-License-Identifier: MIT
/**
 * Turns the options into what is printed, how, and where it goes.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import type { PrintSettings } from "../printing/print_regions.ts";
import type { OptionValues } from "./options.ts";
import { outputRules } from "./output_rules.ts";
import { checkPaths } from "./paths.ts";
import { formatOf, marksSeen, printStyle } from "./print_style.ts";
import { sessionSettings } from "./session_settings.ts";

/**
 * Returns the settings of a command that prints records.
 *
 * @throws {UsageError} naming the option.
 * @throws {CommandError} if a path must not be written to.
 */
export function printSettings(
  libc: Libc,
  options: OptionValues,
): PrintSettings {
  const session = sessionSettings(libc, options);
  checkPaths(libc, options);
  const { level, event, cpu, lines, incoming } = options;
  return {
    ...session,
    format: formatOf(options),
    style: printStyle(libc, options),
    marksSeen: marksSeen(options),
    wanted: { level, event, cpu },
    lines,
    symbolPaths: options.symbols,
    joinOops: options["join-oops"],
    output: outputRules(options),
    cursorPath: options["cursor-file"],
    incoming,
    metricsPath: options["metrics-file"],
    exitOnLoss: options["exit-on-loss"],
    checksHearts: false,
  };
}
