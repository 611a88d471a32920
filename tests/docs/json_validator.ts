// SPDX-License-Identifier: MIT
/**
 * Validates JSON against docs/reference/json.schema.json, with a validator that
 * is not ours.
 *
 * @module
 */
// The maps do not have it: what they name, the reader's lock has to name, too.
// deno-lint-ignore no-import-prefix
import { Ajv2020, type ValidateFunction } from "npm:ajv@8.20.0/dist/2020.js";
import { JSON_SCHEMA_PATH } from "../../packaging/json/schema.ts";
import { ROOT } from "../../packaging/root.ts";

/** The name under which the schema is known here. */
const KEY = "json";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** The schema as it is in the repository. */
export const SCHEMA: Json & { readonly $defs: Readonly<Record<string, Json>> } =
  JSON.parse(Deno.readTextFileSync(`${ROOT}/${JSON_SCHEMA_PATH}`));

// Strict: a keyword that is misspelt is an error, too.
const AJV = new Ajv2020({ strict: true, allErrors: true });
AJV.addSchema(SCHEMA, KEY);

function validator(name: string): ValidateFunction {
  const found = AJV.getSchema(`${KEY}#/$defs/${name}`);
  if (found === undefined) throw new Error(`the schema has no ${name}`);
  return found;
}

/**
 * Returns what is wrong with a value; "" if nothing is.
 *
 * @param name Of one of the schema's definitions.
 */
export function faultsOf(name: string, value: unknown): string {
  const validate = validator(name);
  if (validate(value)) return "";
  return `${JSON.stringify(value)}: ${AJV.errorsText(validate.errors)}`;
}

/** Tells whether the schema itself is valid JSON Schema. */
export function isSchemaValid(schema: Json = SCHEMA): boolean {
  return AJV.validateSchema(schema) === true;
}
