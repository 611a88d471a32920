// SPDX-License-Identifier: MIT
/**
 * Writes the arguments of a `print fmt` from what was parsed, in the part of C
 * that other tools read.
 *
 * @module
 */
import { type EventField, isDynamic } from "../../ring/events/event_field.ts";
import type {
  Expression,
  Names,
  NumberExpression,
  Place,
} from "../../ring/events/print_expression.ts";

/** Reports an expression for which tools have no words. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}

/**
 * Returns a string literal. Backslashes and quotation marks are replaced,
 * because tools differ in how they read a backslash, and a quotation mark
 * behind one. All of them know `\t`, and none reads a tab as it is.
 */
export function literal(text: string): string {
  const plain = text.replaceAll('"', "'").replaceAll("\\", "/");
  return `"${plain.replaceAll("\t", "\\t")}"`;
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
const NO_SYMBOL: Names = [[0x5eed_5eed_5eed_5eedn, "?"]];

function namesText(names: Names, none: Names): string {
  return (names.length > 0 ? names : none).map(([value, name]) =>
    `, { 0x${BigInt.asUintN(64, value).toString(16)}, ${literal(name)} }`
  ).join("");
}

/** Returns an expression in C. @throws {Unsupported} */
export function expressionText(expression: Expression): string {
  switch (expression.op) {
    case "string":
      return literal(expression.text);
    case "place":
      return placeText(expression);
    case "either":
      return `(${numberText(expression.condition)} ? ${
        expressionText(expression.then)
      } : ${expressionText(expression.other)})`;
    case "flags":
      return `__print_flags(${numberText(expression.of)}, ${
        literal(expression.delimiter)
      }${namesText(expression.names, NO_FLAG)})`;
    case "symbol":
      return `__print_symbolic(${numberText(expression.of)}${
        namesText(expression.names, NO_SYMBOL)
      })`;
    case "hex":
    case "hexDump": {
      const isJoined = expression.op === "hex" && expression.separator === "";
      const name = isJoined ? "__print_hex_str" : "__print_hex";
      const count = countText(expression.place, expression.bytes, 1);
      return `${name}(${bytesText(expression.place)}, ${count})`;
    }
    case "array": {
      const { place, count, elementBytes } = expression;
      const size = elementBytes.op === "number" ? elementBytes.value : 0n;
      if (!SIZES.has(size)) throw new Unsupported("an odd size");
      const safe = countText(place, count, Number(size));
      return `__print_array(${bytesText(place)}, ${safe}, ${size})`;
    }
    case "bitmask":
      return `${macro("bitmask", expression.field)}(${expression.field.name})`;
    case "named":
    case "unknown":
      throw new Unsupported(expression.op);
    default:
      return numberText(expression);
  }
}

const SIZES: ReadonlySet<bigint> = new Set([1n, 2n, 4n, 8n]);

/**
 * Returns how many elements to print. Tools do not check whether a record has
 * so many, so a count from a record becomes the size of the field.
 */
function countText(
  { field }: Place,
  count: NumberExpression,
  size: number,
): string {
  if (field === null) throw new Unsupported("an address");
  if (isDynamic(field)) {
    return size === 1 ? lengthText(field) : `${lengthText(field)} / ${size}`;
  }
  const most = Math.floor(field.bytes / size);
  const wanted = count.op === "number" ? Number(count.value) : most;
  return String(Math.max(0, Math.min(wanted, most)));
}

/**
 * Returns the address of a field as bytes. Tools end if they find the address
 * of a text there.
 */
function bytesText(place: Place): string {
  return place.field?.kind === "dynamicText" && place.offset === null
    ? `${macro("dynamic_array", place.field)}(${place.field.name})`
    : placeText(place);
}

/** Returns the address of a field. */
function placeText({ field, offset }: Place): string {
  if (field === null || offset !== null) throw new Unsupported("an address");
  return field.kind === "dynamicArray"
    ? `${macro("dynamic_array", field)}(${field.name})`
    : fieldText(field);
}

/** Operators whose results may need more bits than their type has. */
const GROWING: ReadonlySet<string> = new Set(["+", "-", "*", "<<"]);

function numberText(expression: NumberExpression): string {
  switch (expression.op) {
    case "number":
      return expression.value < 0n
        ? `(${expression.value})`
        : String(expression.value);
    case "field":
      return fieldText(expression.field);
    case "load":
      return elementText(expression);
    case "length":
      return lengthText(expression.field);
    case "isThere":
      return "1";
    case "unary":
      return cut(
        expression,
        `(${expression.sign}${numberText(expression.of)})`,
      );
    case "binary":
      return binaryText(expression);
    case "choice":
      return `(${numberText(expression.condition)} ? ${
        numberText(expression.then)
      } : ${numberText(expression.other)})`;
    case "cast":
      return `((${typeText(expression)})${numberText(expression.of)})`;
    case "call":
      return callText(expression);
  }
}

function typeText({ type: { bytes, signed } }: NumberExpression): string {
  return `${signed ? "s" : "u"}${bytes * 8}`;
}

/** Tools compute with 64 bits, so what is wider than its type is cut. */
function cut(expression: NumberExpression, text: string): string {
  return expression.type.bytes === 8 || expression.type.signed
    ? text
    : `((${typeText(expression)})${text})`;
}

/**
 * Tools ignore parentheses to the right of a stronger operator, so the simpler
 * side goes to the right, if that is possible.
 */
function binaryText(expression: NumberExpression & { op: "binary" }): string {
  const { sign } = expression;
  const swap = "&|^+*".includes(sign) &&
    expression.right.op === "binary";
  const [left, right] = swap
    ? [expression.right, expression.left]
    : [expression.left, expression.right];
  const text = `(${numberText(left)} ${sign} ${numberText(right)})`;
  return GROWING.has(sign) ? cut(expression, text) : text;
}

/** Returns one number of an array. */
function elementText(
  { place, type }: NumberExpression & { op: "load" },
): string {
  const { field, offset } = place;
  const at = offset === null ? 0n : offset.op === "number" ? offset.value : -1n;
  const size = BigInt(type.bytes);
  const usable = field !== null && field.kind === "array" &&
    field.elementBytes === type.bytes && field.signed === type.signed &&
    at >= 0n && at % size === 0n && at / size < BigInt(field.elements);
  if (!usable) throw new Unsupported("a number at an address");
  return `REC->${field.name}[${at / size}]`;
}

function callText(
  { name, of }: NumberExpression & { op: "call" },
): string {
  const value = numberText(of);
  const byte = (from: number, to: number) => {
    const moved = from > to
      ? `(${value} >> ${from - to})`
      : `(${value} << ${to - from})`;
    return `(${moved} & ${0xff * 2 ** to})`;
  };
  if (name === "swap16") return `(${byte(0, 8)} | ${byte(8, 0)})`;
  if (name === "swap32") {
    return `(${byte(0, 24)} | ${byte(8, 16)} | ${byte(16, 8)} | ${
      byte(24, 0)
    })`;
  }
  throw new Unsupported(name);
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
