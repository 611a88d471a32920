// SPDX-License-Identifier: MIT
/**
 * Turns the arguments into the values of options, and checks each value.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import type { Command } from "../commands/command.ts";
import { COMMANDS } from "../commands/mod.ts";
import { ValueError } from "../errors.ts";
import {
  ALWAYS,
  flagOf,
  type OptionName,
  OPTIONS,
  type OptionSpec,
  type OptionValues,
} from "../arguments/options.ts";
import { refused } from "../arguments/refused.ts";
import { normalized, unknownOption } from "./habits.ts";
import { didYouMean } from "../console/did_you_mean.ts";

/** Paths that mean standard output, for which "-" has to be given instead. */
const STDOUT_PATHS: readonly string[] = [
  "/dev/stdout",
  "/dev/fd/1",
  "/proc/self/fd/1",
];

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

/**
 * Checks that each value that was given is valid, whichever command takes it.
 *
 * @throws {UsageError} naming the flag.
 */
export function checkMeanings(given: Given): void {
  for (const [name, spec] of SPECS) {
    const value = given[name];
    if (spec.kind === "flag" || value === undefined) continue;
    for (const text of [value].flat() as string[]) meaningOf(name, spec, text);
  }
}

/**
 * Checks everything that was given, and fills in the defaults.
 *
 * @param command Null if no command runs: then only flags are taken, and
 * nothing is checked.
 * @throws {UsageError} naming the flag.
 */
export function valuesOf(
  given: Given,
  command: Command | null,
): OptionValues {
  const values: Record<string, unknown> = {};
  if (command !== null) {
    for (const [name, spec] of SPECS) checkTaken(command, name, spec, given);
    checkMeanings(given);
    for (const [name, spec] of SPECS) checkMissing(command, name, spec, given);
  }
  for (const [name, spec] of SPECS) {
    const value = command === null && spec.kind === "value"
      ? undefined
      : given[name];
    if (spec.kind === "flag") values[name] = value === true;
    else if (spec.list) {
      const texts = (value ?? []) as string[];
      values[name] = texts.map((text) => meaningOf(name, spec, text));
    } else {
      const text = (value ?? spec.default) as string | undefined;
      values[name] = text === undefined || isDefault(spec, text)
        ? undefined
        : meaningOf(name, spec, text);
    }
  }
  return values as OptionValues;
}

function isDefault({ dash }: OptionSpec, text: string): boolean {
  return dash === "stdout" && text === "-";
}

/** Checks that the command takes an option. @throws {UsageError} */
function checkTaken(
  command: Command,
  name: string,
  spec: OptionSpec,
  given: Given,
): void {
  if (!given[name] && given[name] !== "") return;
  if (command.options.includes(name as OptionName)) return;
  if (ALWAYS.includes(name)) return;
  const instead = insteadOf(command, name, given[name]);
  throw refused(
    name as OptionName,
    ` is for ${takersOf(name)} only${
      instead === "" ? habitText(spec) : `: ${instead}`
    }`,
  );
}

/**
 * Returns what to give instead of an option by which other commands or tools
 * choose a format; "" if there is nothing.
 */
function insteadOf(
  { options }: Command,
  name: string,
  value: unknown,
): string {
  if (!options.includes("format")) return "";
  const format = name === "json" ? "json" : String(value).toLowerCase();
  const isFormat = name === "json" || name === "output";
  return isFormat && OPTIONS.format.choices.includes(format)
    ? `give --format ${format}`
    : "";
}

/** Checks that a required option is given. @throws {UsageError} */
function checkMissing(
  command: Command,
  name: string,
  spec: OptionSpec,
  given: Given,
): void {
  const isTaken = command.options.includes(name as OptionName);
  if (given[name] !== undefined || !spec.required || !isTaken) return;
  if (spec.instead?.some((other) => given[other])) return;
  const habits = SPECS.filter(([other]) => given[other])
    .map(([other, each]) => habitText(each, flagOf(other, each))).join("");
  throw refused(
    name as OptionName,
    ` is missing: give ${spec.argument}${habits || "; see --help"}`,
  );
}

/** Lists the commands that take an option: "a", "a and b", "a, b and c". */
function takersOf(name: string): string {
  const takers = COMMANDS
    .filter(({ options }) => options.includes(name as OptionName))
    .map((command) => command.name);
  if (takers.length < 2) return takers.join("");
  return `${takers.slice(0, -1).join(", ")} and ${takers.at(-1)}`;
}

function habitText({ habit }: OptionSpec, flag = "it"): string {
  return habit === undefined ? "" : ` (${flag} ${habit})`;
}

/** Parses the value of an option. @throws {UsageError} */
function meaningOf(name: string, spec: OptionSpec, text: string): unknown {
  const { argument, choices, dash, parse } = spec;
  if (text === "") {
    throw refused(
      name as OptionName,
      ` needs a value: ${argument}${habitText(spec)}`,
    );
  }
  const wrong = (why: string) => refused(name as OptionName, `: ${why}`);
  if (dash === "refused" && text === "-") {
    throw wrong(
      '"-" is standard input or output, which it cannot be: for a file of ' +
        'this name give "./-"',
    );
  }
  if (dash === "stdout" && STDOUT_PATHS.includes(text)) {
    throw wrong(`${text} is standard output: give "-"`);
  }
  if (choices !== undefined) {
    const word = text.toLowerCase();
    if (choices.includes(word)) return word;
    throw wrong(
      `"${text}" is none of ${choices.join(", ")}${didYouMean(text, choices)}`,
    );
  }
  try {
    return parse === undefined ? text : parse(text);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw wrong(error.message);
  }
}
