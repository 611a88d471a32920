// SPDX-License-Identifier: MIT
/**
 * The options, defined once: the parser, both help texts and the reference all
 * come from this table.
 *
 * @module
 */
import { FILE_SPECS } from "./file_options.ts";
import { GENERAL_SPECS } from "./general_options.ts";
import { OBJECT_SPECS } from "./object_options.ts";
import type { Meaning } from "./option_spec.ts";
import { PRINT_SPECS } from "./print_options.ts";
import { TRACE_SPECS } from "./trace_options.ts";

export {
  flagOf,
  type Meaning,
  type OptionSpec,
  type OptionWords,
  wordsOf,
} from "./option_spec.ts";

/** All options, under their long names without dashes, in the order of help. */
export const OPTIONS:
  & typeof OBJECT_SPECS
  & typeof PRINT_SPECS
  & typeof FILE_SPECS
  & typeof TRACE_SPECS
  & typeof GENERAL_SPECS = {
    ...OBJECT_SPECS,
    ...PRINT_SPECS,
    ...FILE_SPECS,
    ...TRACE_SPECS,
    ...GENERAL_SPECS,
  };

/** Options that every command takes. */
export const ALWAYS: readonly string[] = [
  "no-config",
  "h",
  "help",
  "version",
];

/** Options that the short help shows. */
export const COMMON_OPTIONS: readonly string[] = [
  "shm",
  "all",
  "image",
  "lines",
  "format",
  "level",
  "event",
  "file",
  "rotate-seconds",
  "count",
  "duration",
  "once",
  "json",
  "help",
  "version",
];

/** Long name of an option. */
export type OptionName = keyof typeof OPTIONS;

/**
 * The options that were given, with defaults filled in. A flag that was not
 * given is false; a value that was not given and has no default is undefined.
 */
export type OptionValues = {
  -readonly [Name in OptionName]: (typeof OPTIONS)[Name] extends
    { kind: "flag" } ? boolean
    : (typeof OPTIONS)[Name] extends { list: true }
      ? Meaning<(typeof OPTIONS)[Name]>[]
    : (typeof OPTIONS)[Name] extends { default: string } | { required: true }
      ? Meaning<(typeof OPTIONS)[Name]>
    : Meaning<(typeof OPTIONS)[Name]> | undefined;
};
