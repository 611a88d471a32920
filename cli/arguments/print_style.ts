// SPDX-License-Identifier: MIT
/**
 * Turns the options into how records are printed.
 *
 * @module
 */
import { hostName } from "../../ffi/host.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { OutputFormat, PrintStyle } from "../formats/formatter.ts";
import { FORMATS } from "../formats/mod.ts";
import { namesGuest } from "../printing/record_filter.ts";
import { isColored } from "./color_choice.ts";
import type { OptionName, OptionValues } from "./options.ts";

/** Options of every command that prints records. */
export const PRINT_OPTIONS: readonly OptionName[] = [
  "format",
  "time",
  "color",
  "raw",
  "safe",
  "level",
  "event",
  "cpu",
  "symbols",
  "join-oops",
];

/** Returns the format that is wanted. */
export function formatOf({ format }: OptionValues): OutputFormat {
  return FORMATS.find(({ name }) => name === format)!;
}

/** Returns how records are printed. */
export function printStyle(libc: Libc, options: OptionValues): PrintStyle {
  const { raw, safe, color, time, verbose } = options;
  const terminal = isTerminal(options);
  return {
    host: hostName(libc),
    safe: safe || (terminal && !raw),
    color: isColored(color, terminal),
    time,
    marks: terminal || verbose || namesGuest(options),
  };
}

/**
 * Tells whether people see changes of a guest's state among its records, so
 * that a note of each change on the same terminal would repeat it.
 */
export function marksSeen(options: OptionValues): boolean {
  return isTerminal(options) && Deno.stderr.isTerminal() &&
    formatOf(options).forPeople;
}

function isTerminal({ file }: OptionValues): boolean {
  return file === undefined && Deno.stdout.isTerminal();
}
