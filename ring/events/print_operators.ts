// SPDX-License-Identifier: MIT
/**
 * Applies C's operators to the expressions of a `print fmt`.
 *
 * @module
 */
import {
  commonType,
  type CType,
  INT,
  LONG,
  promoted,
  UNSIGNED_LONG,
} from "./c_types.ts";
import type { EventField } from "./event_field.ts";
import {
  type Expression,
  isNumber,
  type NumberExpression,
  type Place,
} from "./print_expression.ts";
import { condition, constant, number, numberNode } from "./print_nodes.ts";
import { Unparsable } from "./print_tokens.ts";
import type { CName } from "./print_type_name.ts";
import { isComparison } from "./print_value.ts";

/** Chooses one of two expressions, as `?:` does. */
export function choice(
  holds: NumberExpression,
  then: Expression,
  other: Expression,
): Expression {
  if (isNumber(then) && isNumber(other)) {
    const type = commonType(then.type, other.type);
    return numberNode({ op: "choice", type, condition: holds, then, other });
  }
  if (holds.op === "number") return holds.value === 0n ? other : then;
  return { op: "either", condition: holds, then, other };
}

/** Applies a binary operator. @throws {Unparsable} if C cannot. */
export function operated(
  sign: string,
  left: Expression,
  right: Expression,
): Expression {
  if (left.op === "place" && (sign === "+" || sign === "-")) {
    return moved(left, number(right), sign);
  }
  if (right.op === "place" && sign === "+") {
    return moved(right, number(left), sign);
  }
  const either = sign === "&&" || sign === "||";
  const a = either ? condition(left) : number(left);
  const b = either ? condition(right) : number(right);
  let type = commonType(a.type, b.type);
  if (isComparison(sign)) type = INT;
  else if (sign === "<<" || sign === ">>") type = promoted(a.type);
  return numberNode({ op: "binary", type, sign, left: a, right: b });
}

/** Moves a place by some of its elements. */
export function moved(place: Place, by: NumberExpression, sign: string): Place {
  const size = constant(LONG, BigInt(place.element?.bytes ?? 1));
  if (place.struct !== "") throw new Unparsable(`struct ${place.struct}`);
  const move = numberNode({
    op: "binary",
    type: LONG,
    sign: "*",
    left: by,
    right: size,
  });
  const offset = numberNode({
    op: "binary",
    type: LONG,
    sign,
    left: place.offset ?? constant(LONG, 0n),
    right: move,
  });
  return { ...place, offset };
}

/** Applies `-`, `~`, `!` or `+` to a number. */
export function one(
  sign: string,
  of: NumberExpression,
  type: CType,
): NumberExpression {
  return sign === "+"
    ? numberNode({ op: "cast", type, sign: "", of })
    : numberNode({ op: "unary", type, sign, of });
}

/** Applies `&`. @throws {Unparsable} if there is no address. */
export function addressOf(of: Expression): Expression {
  if (of.op === "place") return of;
  if (of.op === "field") return placeOf(of.field, of.type);
  if (of.op === "load") return of.place;
  throw new Unparsable("an address of a number");
}

/** Applies `*`. @throws {Unparsable} if it is not in the record. */
export function loaded(place: Expression): Expression {
  if (place.op !== "place") throw new Unparsable("memory of the kernel");
  if (place.element === null) throw new Unparsable("a type without a size");
  return { op: "load", type: place.element, place };
}

/** Returns the address of a field; of the record if it is null. */
export function placeOf(
  field: EventField | null,
  element: CType | null,
): Place {
  return { op: "place", field, offset: null, element, struct: "" };
}

/** Applies a cast. @throws {Unparsable} if C, or this parser, cannot. */
export function converted(
  of: Expression,
  { type, pointers, struct }: CName,
): Expression {
  if (of.op === "place") {
    if (pointers === 0) throw new Unparsable("an address in the record");
    const element = pointers > 1 ? UNSIGNED_LONG : type;
    return { ...of, element, struct: pointers > 1 ? "" : struct };
  }
  if (!isNumber(of)) {
    if (pointers > 0) return of;
    throw new Unparsable("text as a number");
  }
  if (pointers > 0) {
    return numberNode({ op: "cast", type: UNSIGNED_LONG, sign: "", of });
  }
  if (type === null) {
    // The value of a type that is not known is left as it is.
    if (struct !== "") throw new Unparsable(`struct ${struct}`);
    return of;
  }
  return numberNode({ op: "cast", type, sign: "", of });
}
