// SPDX-License-Identifier: MIT
/**
 * Parses the tables of names in a `print fmt`.
 *
 * @module
 */
import type { Names } from "./print_expression.ts";
import { type ArgumentParser, number } from "./print_nodes.ts";
import { Unparsable } from "./print_tokens.ts";
import { constantOf } from "./print_value.ts";

/** The most names of a table. */
const NAMES_MAX = 2048;

/**
 * Parses `, { VALUE, "NAME" }` and so on, up to the end of the call. An entry
 * without a name ends the table. One whose value only the kernel knows is left
 * out.
 *
 * @throws {Unparsable}
 */
export function parseNames(parser: ArgumentParser): Names {
  const { tokens } = parser;
  const names: [bigint, string][] = [];
  let ended = false;
  while (tokens.skip(",") && !tokens.is(")")) {
    tokens.expect("{");
    if (tokens.skip("}")) continue;
    const value = constantIn(parser);
    tokens.expect(",");
    const name = nameIn(parser);
    tokens.skip(",");
    tokens.expect("}");
    ended ||= name === null;
    if (ended || value === null || name === null) continue;
    names.push([value, name]);
    if (names.length > NAMES_MAX) throw new Unparsable("too many names");
  }
  return names;
}

/** @returns 64 unsigned bits; null if only the kernel knows the value. */
function constantIn(parser: ArgumentParser): bigint | null {
  const value = parser.argument();
  if (value.op === "unknown" || value.op === "named") return null;
  return BigInt.asUintN(64, constantOf(number(value)));
}

/** @returns Null for NULL, which the kernel also writes as a cast. */
function nameIn(parser: ArgumentParser): string | null {
  const name = parser.expression();
  if (name.op === "string") return name.text;
  if (name.op === "number" && name.value === 0n) return null;
  throw new Unparsable("a name that is no text");
}
