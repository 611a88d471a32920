// SPDX-License-Identifier: MIT
/**
 * The README's reference of commands and options, made from the tables that the
 * program itself uses. Run, it puts the reference into README.md.
 *
 * @module
 */
import { COMMANDS, DEFAULT_COMMAND } from "../../cli/commands.ts";
import { head, usage } from "../../cli/help.ts";
import { OPTIONS, type OptionSpec } from "../../cli/options.ts";
import { ROOT } from "./root.ts";

/** What stands before and behind the reference in README.md. */
export const MARKS: readonly [string, string] = [
  "<!-- reference: made by tests/tools/reference.ts -->",
  "<!-- end of the reference -->",
];

/** The reference as Markdown, from mark to mark. */
export function referenceText(): string {
  const commands = COMMANDS.map((command) => {
    const note = command === DEFAULT_COMMAND ? " (the default)" : "";
    return `| \`${usage(command)}\` | ${cell(command.summary)}${note} |`;
  });
  const options = Object.entries<OptionSpec>(OPTIONS)
    .filter(([name]) => name !== "h")
    .map(([name, spec]) =>
      `| \`${head(name, spec)}\` | ${takers(name)} | ${cell(meaning(spec))} |`
    );
  return [
    MARKS[0],
    "",
    "| command | what it does |",
    "|---|---|",
    ...commands,
    "",
    "| option | of | what it does |",
    "|---|---|---|",
    ...options,
    "",
    MARKS[1],
  ].join("\n");
}

function takers(name: string): string {
  const names = COMMANDS
    .filter(({ options }) => (options as readonly string[]).includes(name))
    .map((command) => command.name);
  const every = names.length === 0 || names.length === COMMANDS.length;
  return every ? "all" : names.join(", ");
}

function meaning({ summary, details, choices, ...spec }: OptionSpec): string {
  const chosen = choices === undefined || details?.includes(`${choices[0]}:`)
    ? ""
    : `: ${choices.join(", ")}`;
  return [
    `${summary}${chosen}.`,
    ...(details?.split("\n") ?? []),
    spec.default === undefined ? "" : `Default: ${spec.default}.`,
  ].filter((text) => text !== "").join("\n");
}

/** Text as a cell of a table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*")
    .replaceAll("<", "&lt;").replaceAll("\n", "<br>");
}

/**
 * Replaces what is between the marks.
 *
 * @throws {Error} where the marks are not there.
 */
export function withReference(readme: string): string {
  const [begin, end] = MARKS.map((mark) => readme.indexOf(mark));
  if (begin < 0 || end < begin) throw new Error("README.md has no marks");
  return readme.slice(0, begin) + referenceText() +
    readme.slice(end + MARKS[1].length);
}

if (import.meta.main) {
  const path = `${ROOT}/README.md`;
  const readme = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, withReference(readme));
}
