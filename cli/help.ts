// SPDX-License-Identifier: MIT
/**
 * Help, made from the tables in `options.ts` and `commands.ts`.
 *
 * @module
 */
import { COMMANDS, DEFAULT_COMMAND } from "./commands.ts";
import { flagOf, OPTIONS, type OptionSpec } from "./options.ts";

const WIDTH = 80;
const INDENT = " ".repeat(8);

const EXAMPLES: readonly (readonly [string, string])[] = [
  ["ivring_reader -s /ivring", "follow a guest, as text"],
  ["ivring_reader -s /ivring --format json | jq .message", "one object a line"],
  ["ivring_reader -s /ivring --once -q > log.txt", "what is there now"],
];

const EXIT_CODES = `Exit codes:
  0  done; also when interrupted, or when standard output was closed
  1  an error, told in one line on standard error
  2  the command line is wrong
  3  records were lost, with --exit-on-loss`;

/**
 * The help text, with a newline at its end.
 *
 * @param long Whether to give details and examples.
 */
export function helpText(long: boolean): string {
  const parts = [
    "ivring_reader: read what a Linux guest logs into shared memory (ivshmem)",
    usage(),
    ...(COMMANDS.length > 1 ? [commands()] : []),
    "Options:\n" + Object.entries<OptionSpec>(OPTIONS)
      .map(([name, spec]) => long ? longOption(name, spec) : line(name, spec))
      .join(long ? "\n\n" : "\n"),
  ];
  if (long) {
    parts.push(
      "Records go to standard output, everything else to standard error. At " +
        "the end a\nsummary tells how many were read, and how many were lost.",
      "Examples:\n" +
        EXAMPLES.map(([call, what]) => `  ${call}\n${INDENT}${what}`)
          .join("\n"),
      EXIT_CODES,
    );
  }
  return parts.join("\n\n") + "\n";
}

function usage(): string {
  return COMMANDS.map((command, i) => {
    const word = command === DEFAULT_COMMAND ? "" : ` ${command.name}`;
    const required = command.options
      .map((name): [string, OptionSpec] => [name, OPTIONS[name]])
      .filter(([, spec]) => spec.required)
      .map(([name, spec]) =>
        ` ${flagOf(name, spec).split(",")[0]} ${spec.argument}`
      );
    const lead = i === 0 ? "Usage:" : "      ";
    return `${lead} ivring_reader${word}${required.join("")} [options]`;
  }).join("\n");
}

function commands(): string {
  return "Commands:\n" + COMMANDS.map((command) => {
    const note = command === DEFAULT_COMMAND ? " (the default)" : "";
    return `  ${command.name.padEnd(8)} ${command.summary}${note}`;
  }).join("\n");
}

/** The flag and what it takes, such as "-s, --shm NAME". */
function head(name: string, spec: OptionSpec): string {
  const flag = flagOf(name, spec);
  const argument = spec.kind === "value" ? ` ${spec.argument}` : "";
  // Without a short form, long ones stand below each other.
  return (flag.startsWith("--") ? `    ${flag}` : flag) + argument;
}

function line(name: string, spec: OptionSpec): string {
  const choices = spec.choices
    ? `: ${spec.choices.join(", ")} (default ${spec.default})`
    : "";
  return `  ${head(name, spec).padEnd(22)} ${spec.summary}${choices}`;
}

function longOption(name: string, spec: OptionSpec): string {
  const paragraphs = [spec.summary + "."];
  if (spec.details) paragraphs.push(...spec.details.split("\n"));
  if (spec.default) paragraphs.push(`Default: ${spec.default}.`);
  return [
    `  ${head(name, spec)}`,
    ...paragraphs.flatMap((text) => wrap(text, WIDTH - INDENT.length))
      .map((text) => INDENT + text),
  ].join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else {
      current = current === "" ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}
