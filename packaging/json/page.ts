// SPDX-License-Identifier: MIT
/**
 * The page about JSON, made of the schema.
 *
 * @module
 */
import { cell } from "../cell.ts";
import { COMMON, LINES, LONG } from "./lines.ts";
import { DEFINITIONS } from "./schema.ts";
import { object, type Schema } from "./shape.ts";

/** The page's path, seen from the root. */
export const JSON_PAGE_PATH = "docs/reference/json.md";

const INTRODUCTION =
  `\`read\` and \`dump\` print one JSON object on each line with \`--format json\`;
\`list --json\` and \`info --json\` print one for each object. A line is valid JSON
whatever the guest wrote, and safe on a terminal.
[What is printed](output.md#json) has examples.

This page describes every member. [json.schema.json](json.schema.json) says the
same as a JSON Schema (draft 2020-12), so that a program can be tested against
it: \`#/$defs/record\` is a line of \`read\` or \`dump\`, \`#/$defs/list\` and
\`#/$defs/info\` are lines of these commands. A test validates what the reader
prints against the schema.

The schema belongs to this version of the reader, and refuses any member that it
does not name, so that it finds mistakes. Later versions
[may add members](../compatibility.md#what-stays-as-it-is) and values of \`event\`,
\`reason\`, \`state\` and \`report.kind\`, but they do not change what is here. A program that has to
work with them should therefore ignore what it does not know.

An integer is less than 2^53 away from 0. A number that is 2^53 or more away
from 0, of either sign, is a string of digits, because many parsers would round
it. A member whose only value is a string of digits is one whatever the number.`;

/** Returns the whole page as Markdown. */
export function jsonPage(): string {
  return [
    "<!-- SPDX-License-Identifier: MIT -->",
    "<!-- made by `deno task reference`; changes here are lost -->",
    "# JSON",
    "",
    INTRODUCTION,
    "",
    "## Lines of `read` and `dump`",
    "",
    "Every line has these members:",
    "",
    ...table(object(COMMON)),
    "",
    "A line that was made of a long record, or of several records, has some of",
    "these as well:",
    "",
    ...table(object(LONG)),
    "",
    "The sections below have the members that are particular to one kind of",
    "line, and say where a member that every line has is narrower there.",
    "",
    ...LINES.flatMap(({ title, about, schema }) => [
      `### ${title}`,
      "",
      about,
      "",
      ...table(schema),
      "",
    ]),
    "## Lines of `list --json`",
    "",
    ...table(DEFINITIONS.list),
    "",
    "## Lines of `info --json`",
    "",
    ...table(DEFINITIONS.info),
    "",
  ].join("\n");
}

/** A table of an object's members; those of objects in it have a dot. */
function table(schema: Schema): string[] {
  return ["| member | value | what it is |", "|---|---|---|", ...rows(schema)];
}

function rows(schema: Schema, prefix = ""): string[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, each]) => {
    if (isAsEverywhere(each)) return [];
    const path = prefix + name;
    const value = valueText(each) +
      (required.includes(name) ? "" : "; may be absent");
    const meaning = each.description ?? "As in every line.";
    const inner = innerOf(each);
    const dotted = inner?.type === "array" ? `${path}[].` : `${path}.`;
    const object = inner?.items ?? inner;
    return [
      `| \`${path}\` | ${cell(value)} | ${cell(meaning)} |`,
      ...(object === undefined ? [] : rows(object, dotted)),
    ];
  });
}

/**
 * Whether a member has the meaning, and the values, that it has in every line.
 * That it is not null in lines of records is said once, in its meaning.
 */
function isAsEverywhere({ $ref, ...narrower }: Schema): boolean {
  return $ref !== undefined && narrower.const === undefined &&
    narrower.title === undefined && narrower.type !== "null";
}

/** The object, or the array of objects, that a member holds, if it does. */
function innerOf(schema: Schema): Schema | undefined {
  const all = schema.anyOf ?? [schema];
  return all.find(({ properties, items }) =>
    properties !== undefined || items?.properties !== undefined
  );
}

/** What a value may be, in words. */
function valueText(schema: Schema): string {
  return orText(valuesOf(schema));
}

function valuesOf(schema: Schema): string[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap(valuesOf);
  if (schema.enum !== undefined) return schema.enum.map(quoted);
  return [singleText(schema)];
}

function singleText(schema: Schema): string {
  if (schema.const !== undefined) return quoted(schema.const);
  if (schema.items !== undefined) return `array of ${valueText(schema.items)}s`;
  if (schema.title !== undefined) return schema.title;
  return schema.type ?? "any";
}

function quoted(value: string | number | boolean | null): string {
  return typeof value === "string" ? `\`${value}\`` : String(value);
}

function orText(words: readonly string[]): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
