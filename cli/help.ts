// SPDX-License-Identifier: MIT
/**
 * Help, made from the tables in `options.ts`, `commands.ts` and `examples.ts`.
 *
 * @module
 */
import { type Command, COMMANDS, DEFAULT_COMMAND } from "./commands.ts";
import { EXAMPLES } from "./examples.ts";
import {
  COMMON_OPTIONS,
  flagOf,
  type OptionName,
  OPTIONS,
  type OptionSpec,
} from "./options.ts";

/** Options are explained from this column on. */
const OPTION_COLUMNS = 23;
const EXIT_CODES =
  "Exit codes: 0 done, 1 error, 2 wrong command line, 3 lost records";

/** Options that every command takes. */
const ALWAYS: readonly OptionName[] = ["help", "version"];

/**
 * The help text of a command, with a newline at its end.
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
    ? `ivring_reader ${name}: ${summary.toLowerCase()}`
    : "ivring_reader: read what Linux guests log into shared memory (ivshmem)";
  const wanted = optionNames().filter((each) =>
    ALWAYS.includes(each) ||
    (options.includes(each) && (long || COMMON_OPTIONS.includes(each)))
  );
  const parts = [
    `${title}\nUsage: ${usage(command)}`,
    ...(named ? [] : [commands()]),
    (long ? "Options:\n" : "Options (all of them, and examples: --help):\n") +
    wanted.map((each) => line(each, OPTIONS[each])).join("\n"),
    ...(long ? [`Examples:\n${examples(name)}\n${EXIT_CODES}`] : []),
  ];
  return parts.join("\n\n") + "\n";
}

/** In the order of the table; -h stands with --help. */
function optionNames(): OptionName[] {
  return (Object.keys(OPTIONS) as OptionName[]).filter((name) => name !== "h");
}

/** How a command is called, such as "ivring_reader record -s NAME -o DIR". */
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

/** The flag and what it takes, such as "-s, --shm NAME". */
export function head(name: string, spec: OptionSpec): string {
  const flag = name === "help" ? "-h, --help" : flagOf(name, spec);
  return spec.kind === "value" ? `${flag} ${spec.argument}` : flag;
}

function line(name: string, spec: OptionSpec): string {
  const flag = head(name, spec);
  // Without a short form, long ones stand below each other.
  const placed = flag.startsWith("--") ? `    ${flag}` : flag;
  const choices = spec.choices ? `: ${spec.choices.join(", ")}` : "";
  return `  ${placed.padEnd(OPTION_COLUMNS)} ${spec.summary}${choices}`;
}
