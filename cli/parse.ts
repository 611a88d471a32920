// SPDX-License-Identifier: MIT
/**
 * From arguments to a command and its options.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { type Command, COMMANDS, DEFAULT_COMMAND } from "./commands.ts";
import { UsageError } from "./errors.ts";
import {
  flagOf,
  type OptionName,
  OPTIONS,
  type OptionSpec,
  type OptionValues,
} from "./options.ts";

/** What the command line asks for. */
export interface Parsed {
  readonly command: Command;
  /** Whether it names the command. */
  readonly named: boolean;
  readonly options: OptionValues;
}

const SPECS = Object.entries<OptionSpec>(OPTIONS);

/**
 * Parses the arguments. Help and version are not acted upon here; where one of
 * them is asked for, nothing else has to be right but the options' names.
 *
 * @throws {UsageError} naming the flag.
 */
export function parseCommandLine(args: readonly string[]): Parsed {
  checkFlagsTakeNoValue(args);
  const given = parse(args);
  const rest = (given._ as (string | number)[]).map(String);
  const found = COMMANDS.find((command) => command.name === rest[0]);
  const command = found ?? DEFAULT_COMMAND;
  const named = found !== undefined;
  const options = fill(given);
  const parsed = { command, named, options };
  if (options.h || options.help || options.version) return parsed;

  const extra = rest[named ? 1 : 0];
  if (extra !== undefined) {
    throw new UsageError(`unexpected argument "${extra}"; see --help`);
  }
  for (const [name, spec] of SPECS) check(command, name, spec, given);
  return parsed;
}

function parse(args: readonly string[]): Record<string, unknown> {
  const names = (kind: OptionSpec["kind"]) =>
    SPECS.filter(([, spec]) => spec.kind === kind).map(([name]) => name);
  const alias: Record<string, string> = {};
  for (const [name, spec] of SPECS) {
    if (spec.short !== undefined) alias[spec.short] = name;
  }
  const lists = SPECS.filter(([, spec]) => spec.list).map(([name]) => name);
  const given = parseArgs([...args], {
    alias,
    boolean: names("flag"),
    string: names("value"),
    collect: lists,
    unknown: (arg) => {
      // A lone dash is an argument, and everything else with a dash an option.
      if (!arg.startsWith("-") || arg === "-") return true;
      throw new UsageError(`unknown option ${arg.split("=")[0]}; see --help`);
    },
  }) as Record<string, unknown>;
  for (const name of lists) {
    if ((given[name] as string[]).length === 0) given[name] = undefined;
  }
  return given;
}

/** The parser would take `--once=no` for `--once`. */
function checkFlagsTakeNoValue(args: readonly string[]): void {
  const end = args.indexOf("--");
  for (const arg of args.slice(0, end < 0 ? args.length : end)) {
    const [flag, value] = arg.split("=", 2);
    const spec = SPECS.find(([name]) => flag === `--${name}`)?.[1];
    if (value !== undefined && spec?.kind === "flag") {
      throw new UsageError(`option ${flag} takes no value`);
    }
  }
}

function fill(given: Record<string, unknown>): OptionValues {
  const values = SPECS.map(([name, spec]) => [
    name,
    spec.kind === "flag"
      ? given[name] === true
      : spec.list
      ? given[name] ?? []
      : String(given[name] ?? spec.default ?? ""),
  ]);
  return Object.fromEntries(values);
}

/** "a", "a and b", "a, b and c". */
function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

function check(
  command: Command,
  name: string,
  spec: OptionSpec,
  given: Record<string, unknown>,
): void {
  const value = given[name];
  const flag = flagOf(name, spec);
  const takes = command.options.includes(name as OptionName);
  if (!takes) {
    if (value === undefined || value === false) return;
    const owners = COMMANDS.filter((other) =>
      other.options.includes(name as OptionName)
    ).map((other) => other.name);
    throw new UsageError(`option ${flag} is for ${listed(owners)} only`);
  }
  if (spec.kind === "flag") return;
  if (value === "" || (Array.isArray(value) && value.includes(""))) {
    throw new UsageError(`option ${flag} needs a value: ${spec.argument}`);
  }
  if (value === undefined) {
    if (!spec.required || spec.instead?.some((other) => given[other])) return;
    throw new UsageError(
      `option ${flag} is missing: give ${spec.argument}; see --help`,
    );
  }
  if (spec.choices && !spec.choices.includes(String(value))) {
    throw new UsageError(
      `option ${flag}: "${value}" is none of ${spec.choices.join(", ")}`,
    );
  }
}
