// SPDX-License-Identifier: MIT
/**
 * Finds what a `print fmt` names in a record: fields, and members of structs.
 *
 * @module
 */
import { type CType, INT, LONG } from "./c_types.ts";
import type { EventField } from "./event_field.ts";
import type { Expression, Place } from "./print_expression.ts";
import type { FieldNames } from "./print_fields.ts";
import { constant } from "./print_nodes.ts";
import { loaded, moved, placeOf } from "./print_operators.ts";
import { Unparsable } from "./print_tokens.ts";
import type { CName } from "./print_type_name.ts";

/** The fields of the kernel's structs that formats look into. */
const STRUCTS: Readonly<Record<string, readonly string[]>> = {
  // include/drm/drm_rect.h
  "drm_rect": ["x1", "y1", "x2", "y2"],
};
const STRUCT_MEMBER: CType = INT;

/**
 * Returns `REC->name`, or the member of a struct in the record.
 *
 * @throws {Unparsable} if there is no such field or member.
 */
export function memberOf(
  of: Expression,
  name: string,
  fields: FieldNames,
): Expression {
  if (of.op !== "place") throw new Unparsable("memory of the kernel");
  if (of.field === null && of.offset === null) return fieldOf(fields, name);
  const index = STRUCTS[of.struct]?.indexOf(name) ?? -1;
  if (index < 0) throw new Unparsable(`${of.struct || "a struct"}.${name}`);
  const members = { ...of, element: STRUCT_MEMBER, struct: "" };
  return loaded(moved(members, constant(INT, BigInt(index)), "+"));
}

function fieldOf(fields: FieldNames, name: string): Expression {
  const WORD = "__data_loc_";
  const dynamic = name.startsWith(WORD)
    ? fields.dynamic(name.slice(WORD.length))
    : undefined;
  if (dynamic !== undefined) {
    return { op: "load", type: INT, place: wordOf(dynamic) };
  }
  const field = fields.fixed(name);
  const { kind, elementBytes: bytes, signed } = field;
  const type = { bytes, signed };
  if (kind === "integer") return { op: "field", type, field };
  return placeOf(field, kind === "opaque" ? null : type);
}

/** Returns the place of the word that tells where a dynamic field is. */
function wordOf({ offset }: EventField): Place {
  return {
    ...placeOf(null, INT),
    offset: constant(LONG, BigInt(offset)),
  };
}

/** Returns the size of a type. @throws {Unparsable} if it is not known. */
export function sizeOfType(
  { type, pointers, struct, words }: CName,
): bigint {
  if (pointers > 0) return 8n;
  if (words === "void") return 1n;
  if (type !== null) return BigInt(type.bytes);
  const members = STRUCTS[struct];
  if (members === undefined) throw new Unparsable(`the size of ${words}`);
  return BigInt(members.length * STRUCT_MEMBER.bytes);
}
