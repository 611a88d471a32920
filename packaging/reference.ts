// SPDX-License-Identifier: MIT
/**
 * Makes the reference of commands and options from the tables that the program
 * itself uses, and the references that are made of other tables. When it is run
 * it writes them all.
 *
 * @module
 */
import { COMMANDS, DEFAULT_COMMAND } from "../cli/commands/mod.ts";
import { head, usage } from "../cli/command_line/help.ts";
import { OPTIONS, type OptionSpec } from "../cli/arguments/options.ts";
import { cell } from "./cell.ts";
import { JSON_PAGE_PATH, jsonPage } from "./json/page.ts";
import { JSON_SCHEMA_PATH, schemaText } from "./json/schema.ts";
import { METRICS_PAGE_PATH, metricsPage } from "./metrics_page.ts";
import { ROOT } from "./root.ts";

/** The page's path, seen from the root. */
const REFERENCE_PATH = "docs/reference/options.md";

/** Returns the whole page as Markdown. */
function referencePage(): string {
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
    "<!-- SPDX-License-Identifier: MIT -->",
    "<!-- made by `deno task reference`; changes here are lost -->",
    "# Commands and options",
    "",
    "| command | what it does |",
    "|---|---|",
    ...commands,
    "",
    "| option | of | what it does |",
    "|---|---|---|",
    ...options,
    "",
  ].join("\n");
}

function takers(name: string): string {
  const names = COMMANDS
    .filter(({ options }) => (options as readonly string[]).includes(name))
    .map((command) => command.name);
  const every = names.length === 0 || names.length === COMMANDS.length;
  return every ? "all" : names.join(", ");
}

function meaning(
  { summary, otherwise, details, choices, ...spec }: OptionSpec,
): string {
  const others = Object.entries(otherwise ?? {}).map(([name, each]) =>
    `For ${name}: ${each.summary}.${each.details ? ` ${each.details}` : ""}`
  );
  const chosen = choices === undefined || details?.includes(`${choices[0]}:`)
    ? ""
    : `: ${choices.join(", ")}`;
  return [
    `${summary}${chosen}.`,
    ...others,
    ...(details?.split("\n") ?? []),
    spec.default === undefined ? "" : `Default: ${spec.default}.`,
  ].filter((text) => text !== "").join("\n");
}

/** Pages and the schema that are made of tables in the code. */
export const REFERENCES: Readonly<Record<string, () => string>> = {
  [REFERENCE_PATH]: referencePage,
  [JSON_PAGE_PATH]: jsonPage,
  [JSON_SCHEMA_PATH]: schemaText,
  [METRICS_PAGE_PATH]: metricsPage,
};

if (import.meta.main) {
  for (const [path, text] of Object.entries(REFERENCES)) {
    Deno.writeTextFileSync(`${ROOT}/${path}`, text());
  }
}
