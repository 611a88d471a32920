// SPDX-License-Identifier: MIT
/**
 * Computes the numbers in a `print fmt`'s arguments as C does.
 *
 * A number of up to 32 bits is computed as a `number`, any other as a bigint,
 * because bigints are slower.
 *
 * @module
 */
import { commonType, type CType } from "./c_types.ts";
import { integerAt, locate, type Payload, type Span } from "./payload.ts";
import type { NumberExpression, Place } from "./print_expression.ts";
import { Unparsable } from "./print_tokens.ts";

/** Computes with 64 unsigned bits. */
export type BitFunction = (value: bigint) => bigint;

const low64 = (value: bigint) => BigInt.asUintN(64, value);

function swapped(value: bigint, bytes: number): bigint {
  let result = 0n;
  for (let i = 0; i < bytes; i++) {
    result = result << 8n | (value >> BigInt(8 * i) & 0xffn);
  }
  return result;
}

function ones(value: bigint): bigint {
  return BigInt(value.toString(2).replaceAll("0", "").length);
}

/** Returns how many zeros are below the lowest one; 64 if there is none. */
function zerosBelow(value: bigint): bigint {
  return value === 0n ? 64n : ones((value & -value) - 1n);
}

/** The functions of one number that can be computed here, by name. */
export const BIT_FUNCTIONS: Readonly<Record<string, BitFunction>> = {
  swap16: (value) => swapped(value, 2),
  swap32: (value) => swapped(value, 4),
  swap64: (value) => swapped(value, 8),
  zerosBelow,
  firstBit: (value) => value === 0n ? 0n : zerosBelow(value) + 1n,
  lastBit: (value) =>
    value === 0n ? 0n : BigInt(low64(value).toString(2).length),
  ones: (value) => ones(low64(value)),
};

/** Cuts a value to what a C integer of this type holds. */
export function cut(value: bigint, { bytes, signed }: CType): bigint {
  return signed
    ? BigInt.asIntN(bytes * 8, value)
    : BigInt.asUintN(bytes * 8, value);
}

/** Cuts an integer to a type of at most 32 bits. */
function wrap(value: number, { bytes, signed }: CType): number {
  const unused = 32 - bytes * 8;
  return signed ? value << unused >> unused : value << unused >>> unused;
}

/**
 * Returns the value of an expression that names no field.
 *
 * @throws {Unparsable} if it names one.
 */
export function constantOf(expression: NumberExpression): bigint {
  return valueOf(expression, null);
}

/** Returns a value as a number if that is exact without computing a bigint. */
export function numberOf(
  expression: NumberExpression,
  payload: Payload,
): number | bigint {
  if (expression.op === "field") return fieldOf(expression, payload);
  return expression.type.bytes <= 4
    ? intOf(expression, payload)
    : valueOf(expression, payload);
}

/** Tells whether a condition holds. */
export function isTrue(
  condition: NumberExpression,
  payload: Payload | null,
): boolean {
  return condition.type.bytes <= 4
    ? intOf(condition, payload) !== 0
    : valueOf(condition, payload) !== 0n;
}

const found: Span = { offset: 0, bytes: 0 };

function here(payload: Payload | null): Payload {
  if (payload === null) throw new Unparsable("no constant");
  return payload;
}

function fieldOf(
  { field, type }: NumberExpression & { op: "field" },
  payload: Payload | null,
): number | bigint {
  const { bytes, payloadOffset } = here(payload);
  return integerAt(
    bytes,
    payloadOffset + field.offset,
    type.bytes,
    type.signed,
  );
}

/**
 * Finds a place.
 *
 * @param span Is set to where it is in `payload.bytes`, and to how many bytes
 * of the payload there are from there on: 0 if it is outside.
 */
export function find(place: Place, payload: Payload, span: Span): void {
  const { field, offset } = place;
  const { payloadOffset, payloadBytes } = payload;
  const bytesBefore = offset === null ? 0 : Number(valueOf(offset, payload));
  if (field === null) span.offset = payloadOffset;
  else locate(field, payload, span);
  span.offset += bytesBefore;
  const before = span.offset < payloadOffset;
  const left = payloadOffset + payloadBytes - span.offset;
  span.bytes = before || left < 0 ? 0 : left;
}

/**
 * Finds a place in its field.
 *
 * @param span Is set to where it is, and to how many bytes are left of the
 * field from there on: 0 if it is outside.
 */
export function findInField(place: Place, payload: Payload, span: Span): void {
  const { field, offset } = place;
  if (field === null) return find(place, payload, span);
  locate(field, payload, span);
  if (offset === null) return;
  const end = span.offset + span.bytes;
  find(place, payload, span);
  span.bytes = Math.max(0, Math.min(end - span.offset, span.bytes));
}

/** Returns a number at a place; 0 if it is not within the payload. */
function loadOf(
  { place, type }: NumberExpression & { op: "load" },
  payload: Payload | null,
): number | bigint {
  const from = here(payload);
  find(place, from, found);
  return found.bytes < type.bytes
    ? 0
    : integerAt(from.bytes, found.offset, type.bytes, type.signed);
}

function lengthOf(
  { field }: NumberExpression & { op: "length" },
  payload: Payload | null,
): number {
  locate(field, here(payload), found);
  return found.bytes;
}

/** Returns the value of an expression of at most 32 bits. */
function intOf(
  expression: NumberExpression,
  payload: Payload | null,
): number {
  const { type } = expression;
  switch (expression.op) {
    case "number":
      return Number(expression.value);
    case "field":
      return fieldOf(expression, payload) as number;
    case "load":
      return loadOf(expression, payload) as number;
    case "length":
      return lengthOf(expression, payload);
    case "isThere":
      return 1;
    case "choice": {
      const { condition, then, other } = expression;
      const chosen = isTrue(condition, payload) ? then : other;
      return wrap(intOf(chosen, payload), type);
    }
    case "cast":
      return narrow(expression.of, type, payload);
    case "unary": {
      const { sign, of } = expression;
      if (sign === "!") return isTrue(of, payload) ? 0 : 1;
      const value = intOf(of, payload);
      return wrap(sign === "-" ? -value : ~value, type);
    }
    case "call":
      return Number(called(expression, payload));
    case "binary":
      return intBinary(expression, payload);
  }
}

/** Returns a value of any size, cut to a type of at most 32 bits. */
function narrow(
  of: NumberExpression,
  type: CType,
  payload: Payload | null,
): number {
  return of.type.bytes <= 4
    ? wrap(intOf(of, payload), type)
    : Number(cut(valueOf(of, payload), type));
}

function called(
  { name, of, type }: NumberExpression & { op: "call" },
  payload: Payload | null,
): bigint {
  const value = BigInt.asUintN(of.type.bytes * 8, valueOf(of, payload));
  return cut(BIT_FUNCTIONS[name](value), type);
}

type Binary = NumberExpression & { op: "binary" };

const COMPARISONS: ReadonlySet<string> = new Set(
  ["==", "!=", "<", ">", "<=", ">="],
);

/** Tells whether an operator's result is 0 or 1. */
export function isComparison(sign: string): boolean {
  return COMPARISONS.has(sign) || sign === "&&" || sign === "||";
}

function compared(sign: string, a: number | bigint, b: number | bigint) {
  switch (sign) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case ">":
      return a > b;
    case "<=":
      return a <= b;
    default:
      return a >= b;
  }
}

/** Tells whether a comparison of two numbers holds. */
function holds({ sign, left, right }: Binary, payload: Payload | null) {
  if (sign === "&&") return isTrue(left, payload) && isTrue(right, payload);
  if (sign === "||") return isTrue(left, payload) || isTrue(right, payload);
  const common = commonType(left.type, right.type);
  return common.bytes <= 4
    ? compared(
      sign,
      wrap(intOf(left, payload), common),
      wrap(intOf(right, payload), common),
    )
    : compared(
      sign,
      cut(valueOf(left, payload), common),
      cut(valueOf(right, payload), common),
    );
}

function intBinary(expression: Binary, payload: Payload | null): number {
  const { sign, left, right, type } = expression;
  if (isComparison(sign)) return holds(expression, payload) ? 1 : 0;
  const a = wrap(intOf(left, payload), type);
  if (sign === "<<" || sign === ">>") {
    // What C leaves open, a count beyond the size, is as processors do it.
    const count = Number(BigInt.asUintN(5, valueOf(right, payload)));
    if (sign === "<<") return wrap(a << count, type);
    return type.signed ? a >> count : a >>> count;
  }
  const b = wrap(intOf(right, payload), type);
  switch (sign) {
    case "|":
      return wrap(a | b, type);
    case "^":
      return wrap(a ^ b, type);
    case "&":
      return wrap(a & b, type);
    case "+":
      return wrap(a + b, type);
    case "-":
      return wrap(a - b, type);
    case "*":
      return wrap(Math.imul(a, b), type);
    case "/":
      return b === 0 ? 0 : wrap(Math.trunc(a / b), type);
    default:
      return b === 0 ? 0 : wrap(a % b, type);
  }
}

/**
 * Returns the value of an expression, which its type can hold. What C leaves
 * open gets some value: a division by zero gives 0.
 *
 * @param payload One that fits the format; null for a constant.
 */
export function valueOf(
  expression: NumberExpression,
  payload: Payload | null,
): bigint {
  const { type } = expression;
  if (type.bytes <= 4) return BigInt(intOf(expression, payload));
  switch (expression.op) {
    case "number":
      return expression.value;
    case "field":
      return BigInt(fieldOf(expression, payload));
    case "load":
      return BigInt(loadOf(expression, payload));
    case "length":
      return BigInt(lengthOf(expression, payload));
    case "isThere":
      return 1n;
    case "choice": {
      const { condition, then, other } = expression;
      const chosen = isTrue(condition, payload) ? then : other;
      return cut(valueOf(chosen, payload), type);
    }
    case "cast":
      return cut(valueOf(expression.of, payload), type);
    case "unary": {
      const value = cut(valueOf(expression.of, payload), type);
      return cut(expression.sign === "-" ? -value : ~value, type);
    }
    case "call":
      return called(expression, payload);
    case "binary":
      return cut(wideBinary(expression, payload), type);
  }
}

function wideBinary(
  { sign, left, right, type }: Binary,
  payload: Payload | null,
): bigint {
  const a = cut(valueOf(left, payload), type);
  if (sign === "<<" || sign === ">>") {
    const count = BigInt.asUintN(6, valueOf(right, payload));
    return sign === "<<" ? a << count : a >> count;
  }
  const b = cut(valueOf(right, payload), type);
  switch (sign) {
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "&":
      return a & b;
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0n ? 0n : a / b;
    default:
      return b === 0n ? 0n : a % b;
  }
}
