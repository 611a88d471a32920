// SPDX-License-Identifier: MIT
/**
 * Makes the expressions of a `print fmt`.
 *
 * @module
 */
import { type CType, INT } from "./c_types.ts";
import {
  type Expression,
  isNumber,
  type NumberExpression,
} from "./print_expression.ts";
import type { FieldNames } from "./print_fields.ts";
import { type Tokens, Unparsable } from "./print_tokens.ts";
import { constantOf } from "./print_value.ts";

/** What the parser of a call needs of the parser around it. */
export interface ArgumentParser {
  readonly tokens: Tokens;
  readonly fields: FieldNames;
  /** Parses an expression. @throws {Unparsable} */
  expression(): Expression;
  /**
   * Parses one argument, up to a comma or a closing bracket. If that is not
   * possible, its fields are gathered instead.
   */
  argument(): Expression;
}

/** Makes an expression of one number, and computes it if it is constant. */
export function numberNode(expression: NumberExpression): NumberExpression {
  const { type } = expression;
  const constant = (each: NumberExpression) => each.op === "number";
  let known = false;
  switch (expression.op) {
    case "unary":
    case "cast":
    case "call":
      known = constant(expression.of);
      break;
    case "binary":
      known = constant(expression.left) && constant(expression.right);
      break;
    case "choice":
      known = constant(expression.condition) && constant(expression.then) &&
        constant(expression.other);
  }
  return known
    ? { op: "number", type, value: constantOf(expression) }
    : expression;
}

/** Returns an expression that is a number. @throws {Unparsable} if it is not. */
export function number(expression: Expression): NumberExpression {
  if (isNumber(expression)) return expression;
  throw new Unparsable(
    expression.op === "place" ? "an address in the record" : "text as a number",
  );
}

/** Returns an expression for whether something is not zero. */
export function condition(expression: Expression): NumberExpression {
  return expression.op === "place"
    ? { op: "isThere", type: INT, place: expression }
    : number(expression);
}

/** Returns an expression for a constant. */
export function constant(type: CType, value: bigint): NumberExpression {
  return { op: "number", type, value };
}
