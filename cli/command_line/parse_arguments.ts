// SPDX-License-Identifier: MIT
/**
 * Finds the options in the arguments, without looking at their values.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import {
  type OptionName,
  OPTIONS,
  type OptionSpec,
} from "../arguments/options.ts";
import { refused } from "../arguments/refused.ts";
import { normalized, unknownOption } from "./habits.ts";

/**
 * What was given for each option's long name: true or false, a text, or the
 * texts of an option that is a list.
 */
export type Given = Record<string, unknown>;

const SPECS = Object.entries<OptionSpec>(OPTIONS);

/**
 * Parses the arguments.
 *
 * @returns The options; the words that are not options are in "_".
 * @throws {UsageError} naming an unknown option.
 */
export function parseArguments(args: readonly string[]): Given {
  const names = (kind: OptionSpec["kind"]) =>
    SPECS.filter(([, spec]) => spec.kind === kind).map(([name]) => name);
  const lists = SPECS.filter(([, spec]) => spec.list).map(([name]) => name);
  const given = parseArgs(normalized(args), {
    boolean: names("flag"),
    // Words stay texts: an object may be called 007.
    string: [...names("value"), "_"],
    collect: names("value"),
    unknown: (arg) => {
      // A lone dash is a word; anything else that begins with a dash is an
      // option.
      if (!arg.startsWith("-") || arg === "-") return true;
      throw unknownOption(arg);
    },
  }) as Given;
  // If help or the version is asked for, the other values need not be right.
  const checked = !(given.h || given.help || given.version);
  for (const name of names("value")) {
    const values = given[name] as string[];
    const isList = lists.includes(name) && values.length > 0;
    if (isList) continue;
    given[name] = checked ? onlyValue(name, values) : values[0];
  }
  return given;
}

/**
 * Returns the value of an option, which may be given again with the same value.
 *
 * @returns Undefined if it was not given.
 * @throws {UsageError} if it was given twice, with different values.
 */
function onlyValue(
  name: string,
  values: readonly string[],
): string | undefined {
  const other = values.find((value) => value !== values[0]);
  if (other === undefined) return values[0];
  throw refused(
    name as OptionName,
    ` is given twice, with "${values[0]}" and with "${other}": give it once`,
  );
}
