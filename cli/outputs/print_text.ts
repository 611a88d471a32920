// SPDX-License-Identifier: MIT
/**
 * The `print fmt` of an event, made anew: from what was parsed of the guest's,
 * or from the fields alone.
 *
 * @module
 */
import type { EventField } from "../../ring/event_field.ts";
import type { EventFormat } from "../../ring/event_format.ts";
import type { Expression, Names } from "../../ring/print_expression.ts";
import type { Conversion, PrintFormat } from "../../ring/print_format.ts";

/** Length modifiers by bytes of the argument. */
const LENGTHS: Readonly<Record<number, string>> = {
  1: "hh",
  2: "h",
  4: "",
  8: "ll",
};

/**
 * A string literal. Tools differ in what they make of a backslash, and of a
 * quotation mark behind one: neither is worth it.
 */
function literal(text: string): string {
  return `"${text.replaceAll('"', "'").replaceAll("\\", "/")}"`;
}

function conversionText(conversion: Conversion): string {
  const { letter, flags, width, precision, bytes } = conversion;
  const length = "duxXo".includes(letter) ? LENGTHS[bytes] : "";
  const least = width === 0 ? "" : width;
  const most = precision < 0 ? "" : `.${precision}`;
  return `%${flags}${least}${most}${length}${letter}`;
}

/** Kernel macros that take a dynamic field, by whether it is relative. */
const macro = (name: string, { relative }: EventField) =>
  `__get_${relative ? "rel_" : ""}${name}`;

/** Tools want one at least: where the kernel resolved none, one that is no value. */
const NO_NAMES: Names = [[-1n, "?"]];

function namesText(names: Names): string {
  return (names.length > 0 ? names : NO_NAMES).map(([value, name]) =>
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
 * What constants come to. Tools get masks such as `(1 | 2 | 4)` wrong: they
 * do not heed parentheses to the right of a stronger operator.
 *
 * @returns The expression itself where it is not constant, or too large.
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
  // For the same reason the simpler side goes to the right where it may.
  return "&|^+*".includes(sign) && right.op === "binary"
    ? { op: "binary", sign, left: right, right: left }
    : { op: "binary", sign, left, right };
}

function expressionText(whole: Expression): string {
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
      }${namesText(expression.names)})`;
    case "symbol":
      return `__print_symbolic(${text(expression.of)}${
        namesText(expression.names)
      })`;
  }
}

function fieldText(field: EventField): string {
  return field.kind === "dynamicText"
    ? `${macro("str", field)}(${field.name})`
    : `REC->${field.name}`;
}

function lengthText(field: EventField): string {
  return `${macro("dynamic_array_len", field)}(${field.name})`;
}

/**
 * What stands behind "print fmt: " for a format that was parsed.
 *
 * Our own parser makes the same of it, but for quotation marks and
 * backslashes in names.
 */
export function printText(print: PrintFormat): string {
  let format = "";
  const values: string[] = [];
  for (const piece of print) {
    if (typeof piece === "string") format += piece.replaceAll("%", "%%");
    else {
      format += conversionText(piece.conversion);
      values.push(`, ${expressionText(piece.value)}`);
    }
  }
  return literal(format) + values.join("");
}

/** A division by what a record says ends other tools: they do not check. */
function mayDivideByZero(expression: Expression): boolean {
  if (
    expression.op === "binary" && "/%".includes(expression.sign) &&
    !(expression.right.op === "number" && expression.right.value > 0n)
  ) return true;
  switch (expression.op) {
    case "binary":
      return mayDivideByZero(expression.left) ||
        mayDivideByZero(expression.right);
    case "choice":
      return mayDivideByZero(expression.condition) ||
        mayDivideByZero(expression.then) || mayDivideByZero(expression.other);
    case "unary":
    case "cast":
    case "flags":
    case "symbol":
      return mayDivideByZero(expression.of);
    default:
      return false;
  }
}

/** The same for other tools: all fields by name, where we know no better. */
export function toolPrintText({ print, fields }: EventFormat): string {
  const plain = print?.every((piece) =>
    typeof piece === "string" || !mayDivideByZero(piece.value)
  );
  if (print !== null && plain) return printText(print);
  const shown = fields.map(generic).filter((each) => each !== null);
  const format = shown.map(([conversion]) => conversion).join(" ");
  return `"${format}"${shown.map(([, value]) => `, ${value}`).join("")}`;
}

/** A field as "NAME=VALUE"; null where tools have no way to show it. */
function generic(field: EventField): [format: string, value: string] | null {
  const { name, kind, elements, elementBytes, signed, pointer } = field;
  const shown = `${name}=%`;
  switch (kind) {
    case "integer": {
      const letter = pointer ? "x" : signed ? "d" : "u";
      const prefix = pointer ? `${name}=0x%` : shown;
      const length = elementBytes === 8 ? "ll" : "";
      return [`${prefix}${length}${letter}`, fieldText(field)];
    }
    case "text":
    case "dynamicText":
      return [`${shown}s`, fieldText(field)];
    case "dynamicArray": {
      const count = `${lengthText(field)} / ${elementBytes}`;
      const array = `${macro("dynamic_array", field)}(${name})`;
      return [
        `${shown}s`,
        `__print_array(${array}, ${count}, ${elementBytes})`,
      ];
    }
    case "array":
      if (elements === 0) return null;
      return [
        `${shown}s`,
        `__print_array(REC->${name}, ${elements}, ${elementBytes})`,
      ];
    case "opaque":
      if (elements === 0) return null;
      return [`${shown}s`, `__print_hex(REC->${name}, ${elements})`];
  }
}
