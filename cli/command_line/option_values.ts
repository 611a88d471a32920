// SPDX-License-Identifier: MIT
/**
 * Turns what was given into the values of options, and checks each value.
 *
 * @module
 */
import type { Command } from "../commands/command.ts";
import { ValueError } from "../errors.ts";
import {
  type OptionName,
  OPTIONS,
  type OptionSpec,
  type OptionValues,
} from "../arguments/options.ts";
import { refused } from "../arguments/refused.ts";
import { didYouMean } from "../console/did_you_mean.ts";
import type { Given } from "./parse_arguments.ts";
import { checkMissing, checkTaken, habitText } from "./taken_options.ts";

/** Paths that mean standard output, for which "-" has to be given instead. */
const STDOUT_PATHS: readonly string[] = [
  "/dev/stdout",
  "/dev/fd/1",
  "/proc/self/fd/1",
];

const SPECS = Object.entries<OptionSpec>(OPTIONS);

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
