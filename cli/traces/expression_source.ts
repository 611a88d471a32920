// SPDX-License-Identifier: MIT
/**
 * Writes the arguments of a `print fmt` from what was parsed.
 *
 * @module
 */
import type { EventField } from "../../ring/events/event_field.ts";
import type { Expression, Names } from "../../ring/events/print_expression.ts";

/**
 * Returns a string literal. Backslashes and quotation marks are replaced,
 * because tools differ in how they read a backslash, and a quotation mark
 * behind one.
 */
export function literal(text: string): string {
  return `"${text.replaceAll('"', "'").replaceAll("\\", "/")}"`;
}

/**
 * Returns the name of a kernel macro for a dynamic field, which depends on
 * whether the field is relative.
 */
export const macro = (name: string, { relative }: EventField): string =>
  `__get_${relative ? "rel_" : ""}${name}`;

/**
 * Placeholders, because tools want at least one name, and the kernel may have
 * resolved none.
 */
const NO_FLAG: Names = [[0n, ""]];
const NO_SYMBOL: Names = [[-1n, "?"]];

function namesText(names: Names, none: Names): string {
  return (names.length > 0 ? names : none).map(([value, name]) =>
    `, { 0x${BigInt.asUintN(64, value).toString(16)}, ${literal(name)} }`
  ).join("");
}

const FOLDS: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  "|": (a, b) => a | b,
  "&": (a, b) => a & b,
  "^": (a, b) => a ^ b,
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "<<": (a, b) => b < 64n ? a << b : -1n,
  ">>": (a, b) => a >> b,
};
const FOLDED_LIMIT = 2n ** 63n;

/**
 * Computes constants. Tools get masks such as `(1 | 2 | 4)` wrong, because they
 * ignore parentheses to the right of a stronger operator.
 *
 * @returns The expression itself if it is not constant, or too large.
 */
function folded(expression: Expression): Expression {
  if (expression.op !== "binary") return expression;
  const { sign } = expression;
  const left = folded(expression.left);
  const right = folded(expression.right);
  if (left.op === "number" && right.op === "number") {
    const value = FOLDS[sign]?.(left.value, right.value) ?? -1n;
    if (value >= 0n && value < FOLDED_LIMIT) return { op: "number", value };
  }
  // For the same reason the simpler side goes to the right, if that is
  // possible.
  return "&|^+*".includes(sign) && right.op === "binary"
    ? { op: "binary", sign, left: right, right: left }
    : { op: "binary", sign, left, right };
}

/** Returns an expression in C, in the form that tools read. */
export function expressionText(whole: Expression): string {
  const text = expressionText;
  const expression = folded(whole);
  switch (expression.op) {
    case "unknown":
      return "0";
    case "number":
      return String(expression.value);
    case "string":
      return literal(expression.text);
    case "field":
      return fieldText(expression.field);
    case "element":
      return `REC->${expression.field.name}[${expression.index}]`;
    case "length":
      return lengthText(expression.field);
    case "unary":
      return `(${expression.sign}${text(expression.of)})`;
    case "binary":
      return `(${text(expression.left)} ${expression.sign} ${
        text(expression.right)
      })`;
    case "choice":
      return `(${text(expression.condition)} ? ${text(expression.then)} : ${
        text(expression.other)
      })`;
    case "cast":
      return `((${expression.signed ? "s" : "u"}${expression.bytes * 8})${
        text(expression.of)
      })`;
    case "flags":
      return `__print_flags(${text(expression.of)}, ${
        literal(expression.delimiter)
      }${namesText(expression.names, NO_FLAG)})`;
    case "symbol":
      return `__print_symbolic(${text(expression.of)}${
        namesText(expression.names, NO_SYMBOL)
      })`;
  }
}

/** Returns an expression for a field that is a number or a text. */
export function fieldText(field: EventField): string {
  return field.kind === "dynamicText"
    ? `${macro("str", field)}(${field.name})`
    : `REC->${field.name}`;
}

/** Returns an expression for how many bytes a dynamic field has. */
export function lengthText(field: EventField): string {
  return `${macro("dynamic_array_len", field)}(${field.name})`;
}
