// SPDX-License-Identifier: MIT
/**
 * The value of a `print fmt`'s argument.
 *
 * @module
 */
import { integerAt, locate, type Payload, type Span } from "./payload.ts";
import type { Expression } from "./print_expression.ts";
import { Unparsable } from "./print_tokens.ts";

const BITS = 64;

/**
 * The value of an expression that names no field.
 *
 * @throws {Unparsable} where it does.
 */
export function constantOf(expression: Expression): bigint {
  return valueOf(expression, null);
}

/**
 * The value of an expression that is not text. As if integers were as wide as
 * need be: what is converted or cast is cut.
 *
 * @param payload Must fit the format; null for a constant.
 */
export function valueOf(
  expression: Expression,
  payload: Payload | null,
): bigint {
  switch (expression.op) {
    case "number":
      return expression.value;
    case "choice": {
      const { condition, then, other } = expression;
      return valueOf(
        valueOf(condition, payload) !== 0n ? then : other,
        payload,
      );
    }
    case "cast": {
      const value = valueOf(expression.of, payload);
      return cut(value, expression.bytes, expression.signed);
    }
    case "unary":
      return unary(expression.sign, valueOf(expression.of, payload));
    case "binary": {
      const { sign, left, right } = expression;
      return binary(
        sign,
        valueOf(left, payload),
        () => valueOf(right, payload),
      );
    }
    default:
      if (payload === null) throw new Unparsable("no constant");
      return ofField(expression, payload);
  }
}

/** As a C integer of so many bytes holds it. */
export function cut(value: bigint, bytes: number, signed: boolean): bigint {
  return signed
    ? BigInt.asIntN(bytes * 8, value)
    : BigInt.asUintN(bytes * 8, value);
}

const found: Span = { offset: 0, bytes: 0 };

function ofField(expression: Expression, payload: Payload): bigint {
  if (
    expression.op !== "field" && expression.op !== "element" &&
    expression.op !== "length"
  ) throw new Unparsable("text for a number");
  const { field } = expression;
  locate(field, payload, found);
  if (expression.op === "length") return BigInt(found.bytes);
  const { elementBytes, signed } = field;
  const index = expression.op === "element" ? expression.index : 0;
  const at = found.offset + index * elementBytes;
  return BigInt(integerAt(payload.bytes, at, elementBytes, signed));
}

function unary(sign: string, value: bigint): bigint {
  if (sign === "-") return -value;
  if (sign === "~") return ~value;
  if (sign === "!") return truth(value === 0n);
  return value;
}

function truth(holds: boolean): bigint {
  return holds ? 1n : 0n;
}

const low64 = (value: bigint) => BigInt.asUintN(BITS, value);

/** Cut to 64 bits after each step: nothing grows without bound. */
function binary(sign: string, a: bigint, right: () => bigint): bigint {
  if (sign === "&&") return truth(a !== 0n && right() !== 0n);
  if (sign === "||") return truth(a !== 0n || right() !== 0n);
  const b = right();
  switch (sign) {
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "&":
      return a & b;
    case "==":
      return truth(low64(a) === low64(b));
    case "!=":
      return truth(low64(a) !== low64(b));
    case "<":
      return truth(a < b);
    case ">":
      return truth(a > b);
    case "<=":
      return truth(a <= b);
    case ">=":
      return truth(a >= b);
    case "<<":
      return low64(a << BigInt.asUintN(6, b));
    case ">>":
      return a >> BigInt.asUintN(6, b);
    case "+":
      return within(a + b);
    case "-":
      return within(a - b);
    case "*":
      return within(a * b);
    case "/":
      return b === 0n ? 0n : a / b;
    default:
      return b === 0n ? 0n : a % b;
  }
}

/** Negative stays negative; what passes 64 bits wraps. */
function within(value: bigint): bigint {
  return value < 0n ? BigInt.asIntN(BITS, value) : low64(value);
}
