// SPDX-License-Identifier: MIT
/**
 * Finds the names that an event's numbers stand for, and writes them in CTF
 * metadata, so that tools show `DROP` instead of 1.
 *
 * @module
 */
import type { EventField } from "../../ring/events/event_field.ts";
import type { EventFormat } from "../../ring/events/event_format.ts";
import {
  type Expression,
  forEachPart,
  type Names,
  type NumberExpression,
} from "../../ring/events/print_expression.ts";

/** The names of a field's values, as numbers of its own type. */
export type CtfNames = readonly (readonly [value: bigint, name: string])[];

/** More names would make the metadata large. */
const NAMES_MAX = 512;

/**
 * Returns the names of each field that `__print_symbolic` prints. What
 * `__print_flags` prints has no counterpart in CTF 1.8.
 */
export function ctfNames(
  { print }: EventFormat,
): ReadonlyMap<EventField, CtfNames> {
  const found = new Map<EventField, CtfNames>();
  const look = (expression: Expression) => {
    if (expression.op === "symbol") take(expression.of, expression.names);
    forEachPart(expression, look);
  };
  const take = (of: NumberExpression, names: Names) => {
    const field = fieldIn(of);
    if (field === null || found.has(field)) return;
    const own = ownNames(field, names);
    if (own.length > 0 && own.length <= NAMES_MAX) found.set(field, own);
  };
  for (const piece of print?.pieces ?? []) {
    if (typeof piece !== "string") look(piece.value);
  }
  return found;
}

/** Returns the field whose value an expression has; null if it computes. */
function fieldIn(expression: NumberExpression): EventField | null {
  if (expression.op === "field") return expression.field;
  const { op, type } = expression;
  return op === "cast" && type.bytes >= expression.of.type.bytes
    ? fieldIn(expression.of)
    : null;
}

/**
 * Returns those names whose values the field can have; the first name of each
 * value counts.
 */
function ownNames({ bytes, signed }: EventField, names: Names): CtfNames {
  const values = new Map<bigint, string>();
  for (const [value, name] of names) {
    const own = signed
      ? BigInt.asIntN(bytes * 8, value)
      : BigInt.asUintN(bytes * 8, value);
    const same = BigInt.asUintN(64, own) === value;
    if (same && name !== "" && !values.has(own)) values.set(own, name);
  }
  return [...values];
}

/** Returns names in braces. They are printable ASCII, see `Tokens`. */
export function ctfNamesText(names: CtfNames): string {
  const escaped = (name: string) =>
    name.replaceAll("\\", "/").replaceAll('"', "'").replaceAll("\t", " ");
  const entries = names.map(([value, name]) => `"${escaped(name)}" = ${value}`);
  return `{ ${entries.join(", ")} }`;
}
