// SPDX-License-Identifier: MIT
/**
 * Checks that a command takes the options that were given, and was given the ones
 * that it requires.
 *
 * @module
 */
import type { Command } from "../commands/command.ts";
import { COMMANDS } from "../commands/mod.ts";
import {
  ALWAYS,
  flagOf,
  type OptionName,
  OPTIONS,
  type OptionSpec,
} from "../arguments/options.ts";
import { refused } from "../arguments/refused.ts";
import type { Given } from "./parse_arguments.ts";

const SPECS = Object.entries<OptionSpec>(OPTIONS);

/** Checks that the command takes an option. @throws {UsageError} */
export function checkTaken(
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
export function checkMissing(
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

/** Returns what people may have meant by an option; "" if nothing is known. */
export function habitText({ habit }: OptionSpec, flag = "it"): string {
  return habit === undefined ? "" : ` (${flag} ${habit})`;
}
