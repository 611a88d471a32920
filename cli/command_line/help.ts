// SPDX-License-Identifier: MIT
/**
 * The help texts, made from the tables of options, commands and examples.
 *
 * @module
 */
import type { Command } from "../commands/command.ts";
import { COMMANDS, DEFAULT_COMMAND } from "../commands/mod.ts";
import { EXAMPLES } from "./examples.ts";
import {
  ALWAYS,
  COMMON_OPTIONS,
  flagOf,
  type OptionName,
  OPTIONS,
  type OptionSpec,
  wordsOf,
} from "../arguments/options.ts";

/** Options are explained from this column on. */
const OPTION_COLUMNS = 23;
/** A terminal's width. */
const COLUMNS = 80;
const EXIT_CODES =
  "Exit codes: 0 done, 1 error, 2 wrong command line, 3 lost records";

/**
 * Returns the help text of a command, with a newline at its end.
 *
 * @param named Whether the command line names the command.
 * @param long Whether to give all its options, and examples.
 */
export function helpText(
  command: Command,
  named: boolean,
  long: boolean,
): string {
  const { name, summary, options } = command;
  const title = named
    ? `ivring_reader ${name}: ${summary[0].toLowerCase()}${summary.slice(1)}`
    : "ivring_reader: read what Linux guests log into shared memory (ivshmem)";
  const wanted = optionNames().filter((each) =>
    isTaken(options, each) && (long || isCommon(each))
  );
  const parts = [
    `${title}\nUsage: ${usage(command)}`,
    ...(named ? [] : [commands()]),
    (long ? "Options:\n" : "Options (all of them, and examples: --help):\n") +
    wanted.map((each) => {
      const first = line(each, OPTIONS[each], name);
      return long ? first + more(OPTIONS[each], name) : first;
    }).join("\n"),
    ...(long ? [`Examples:\n${examples(name)}`, EXIT_CODES] : []),
  ];
  return parts.join("\n\n") + "\n";
}

function isTaken(options: readonly OptionName[], name: OptionName): boolean {
  return ALWAYS.includes(name) || options.includes(name);
}

/**
 * Tells whether the short help shows an option, as it does if it is required.
 */
function isCommon(name: OptionName): boolean {
  const spec: OptionSpec = OPTIONS[name];
  return spec.required === true || COMMON_OPTIONS.includes(name);
}

/** Lists the options in the order of the table; -h is shown beside --help. */
function optionNames(): OptionName[] {
  return (Object.keys(OPTIONS) as OptionName[]).filter((name) => name !== "h");
}

/** Returns how to call a command: "ivring_reader record -s NAME -o DIR". */
export function usage({ name, options }: Command): string {
  const word = name === DEFAULT_COMMAND.name ? "" : ` ${name}`;
  const required = options
    .map((each): [string, OptionSpec] => [each, OPTIONS[each]])
    .filter(([, spec]) => spec.required)
    .map(([each, spec]) =>
      ` ${flagOf(each, spec).split(",")[0]} ${spec.argument}`
    );
  return `ivring_reader${word}${required.join("")} [options]`;
}

function commands(): string {
  return "Commands, each with a --help of its own:\n" +
    COMMANDS.map((command) => {
      const note = command === DEFAULT_COMMAND ? " (the default)" : "";
      return `  ${command.name.padEnd(8)} ${command.summary}${note}`;
    }).join("\n");
}

function examples(name: string): string {
  return (EXAMPLES[name] ?? [])
    .map(([call, what]) => `  ${call}  # ${what}`).join("\n");
}

/** Returns an option and what it takes, such as "-s, --shm NAME". */
export function head(name: string, spec: OptionSpec): string {
  const flag = name === "help" ? "-h, --help" : flagOf(name, spec);
  return spec.kind === "value" ? `${flag} ${spec.argument}` : flag;
}

function line(name: string, spec: OptionSpec, command: string): string {
  const flag = head(name, spec);
  // Indented if there is no letter, so that the long names are aligned.
  const placed = flag.startsWith("--") ? `    ${flag}` : flag;
  const choices = spec.choices ? `: ${spec.choices.join(", ")}` : "";
  const { summary } = wordsOf(spec, command);
  return `  ${placed.padEnd(OPTION_COLUMNS)} ${summary}${choices}`;
}

/** Returns the lines of the long help that follow an option's first line. */
function more(spec: OptionSpec, command: string): string {
  const { default: value } = spec;
  const { details } = wordsOf(spec, command);
  const paragraphs = details?.split("\n") ?? [];
  if (value !== undefined) paragraphs.push(`Default: ${value}.`);
  const indent = " ".repeat(OPTION_COLUMNS + 3);
  return paragraphs.flatMap((text) => wrapped(text, COLUMNS - indent.length))
    .map((text) => `\n${indent}${text}`).join("");
}

/** Breaks a text between words into lines of at most `columns` characters. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let last = "";
  for (const word of text.split(" ")) {
    if (last !== "" && last.length + 1 + word.length > columns) {
      lines.push(last);
      last = word;
    } else last = last === "" ? word : `${last} ${word}`;
  }
  return [...lines, last];
}
