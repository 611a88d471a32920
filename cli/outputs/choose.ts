// SPDX-License-Identifier: MIT
/**
 * From the options to what prints records.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { hostName } from "../../ffi/host.ts";
import type { OptionName, OptionValues } from "../options.ts";
import { isColored } from "./color.ts";
import type { Formatter, TimeStyle } from "./format.ts";
import { FORMATS } from "./mod.ts";
import { isSafe } from "./open.ts";

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
  "join-oops",
];

/**
 * Makes the formatter of one region.
 *
 * @param object Its object's name, as the user gave it.
 * @param label Whether lines of text begin with that name.
 */
export type FormatterMaker = (object: string, label: boolean) => Formatter;

/**
 * Takes all that says how records are printed, filters included.
 *
 * @throws {UsageError} naming the flag.
 */
export function formatterMaker(
  libc: Libc,
  options: OptionValues,
): FormatterMaker {
  const format = FORMATS.find((each) => each.name === options.format)!;
  const terminal = options.file === "" && Deno.stdout.isTerminal();
  const common = {
    host: hostName(libc),
    safe: isSafe(options),
    color: isColored(options.color, terminal),
    time: options.time as TimeStyle,
  };
  return (object, label) => format.create({ ...common, object, label });
}
