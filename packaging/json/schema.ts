// SPDX-License-Identifier: MIT
/**
 * The JSON Schema of all that the reader prints as JSON.
 *
 * @module
 */
import { COMMON, LINES, LONG } from "./lines.ts";
import { INFO, LIST } from "./tables.ts";
import type { Schema } from "./shape.ts";

/** The schema's path, seen from the root. */
export const JSON_SCHEMA_PATH = "docs/reference/json.schema.json";

/** What the schema's `$defs` has, by name. */
export const DEFINITIONS: Readonly<Record<string, Schema>> = {
  record: {
    title: "A line that read or dump prints with --format json",
    anyOf: LINES.map(({ name }) => ({ $ref: `#/$defs/${name}` })),
  },
  list: { title: "A line that list --json prints", ...LIST },
  info: { title: "A line that info --json prints", ...INFO },
  ...Object.fromEntries(
    LINES.map(({ name, title, about, schema }) => [
      name,
      { title, description: about, ...schema },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({ ...COMMON, ...LONG })
      .map(([name, { schema }]) => [name, schema]),
  ),
};

/** Returns the whole schema as text. */
export function schemaText(): string {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $comment: "SPDX-License-Identifier: MIT. Made by deno task reference; " +
      "changes here are lost.",
    title: "What ivring_reader prints as JSON",
    anyOf: ["record", "list", "info"].map((name) => ({
      $ref: `#/$defs/${name}`,
    })),
    $defs: DEFINITIONS,
  };
  return JSON.stringify(schema, null, 1) + "\n";
}
