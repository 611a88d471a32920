// SPDX-License-Identifier: MIT
/**
 * Computes the values of a `print fmt`'s arguments.
 *
 * @module
 */
import { integerAt, locate, type Payload, type Span } from "./payload.ts";
import type { Expression } from "./print_expression.ts";
import { Unparsable } from "./print_tokens.ts";

const BITS = 64;

/**
 * Returns the value of an expression that names no field.
 *
 * @throws {Unparsable} if it names one.
 */
export function constantOf(expression: Expression): bigint {
  return valueOf(expression, null);
}

/**
 * Returns the value of an expression that is not text. Integers are not cut to
 * their C types, except by a cast, or later by a conversion.
 *
 * @param payload One that fits the format; null for a constant.
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

/** Cuts a value to what a C integer of this size holds. */
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

/** Applies a binary operator. Results that can grow are cut to 64 bits. */
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

/** Wraps a value at 64 bits, a negative one as a signed number. */
function within(value: bigint): bigint {
  return value < 0n ? BigInt.asIntN(BITS, value) : low64(value);
}
