// SPDX-License-Identifier: MIT
/**
 * Writes the `print fmt` of an event: from what was parsed of the guest's, or
 * from the fields alone.
 *
 * @module
 */
import type { EventField } from "../../ring/events/event_field.ts";
import type { EventFormat } from "../../ring/events/event_format.ts";
import type { Expression } from "../../ring/events/print_expression.ts";
import type {
  Conversion,
  PrintFormat,
} from "../../ring/events/print_format.ts";
import {
  expressionText,
  fieldText,
  lengthText,
  literal,
  macro,
} from "./expression_source.ts";

/** Length modifiers, by bytes of the argument. */
const LENGTHS: Readonly<Record<number, string>> = {
  1: "hh",
  2: "h",
  4: "",
  8: "ll",
};

function conversionText(conversion: Conversion, letter: string): string {
  const { flags, width, precision, bytes } = conversion;
  const length = "duxXo".includes(letter) ? LENGTHS[bytes] : "";
  const least = width === 0 ? "" : width;
  const most = precision < 0 ? "" : `.${precision}`;
  return `%${flags}${least}${most}${length}${letter}`;
}

/**
 * Returns what stands behind "print fmt: " for a format that was parsed.
 *
 * This program's own parser makes the same format of it again, except for
 * quotation marks and backslashes in names.
 */
export function printText(print: PrintFormat): string {
  return assembled(print, ({ letter }) => letter);
}

/**
 * Puts the pieces of a format together.
 *
 * @param letterOf Returns a conversion's letter.
 */
function assembled(
  print: PrintFormat,
  letterOf: (conversion: Conversion) => string,
): string {
  let format = "";
  const values: string[] = [];
  for (const piece of print) {
    if (typeof piece === "string") format += piece.replaceAll("%", "%%");
    else {
      const { conversion } = piece;
      format += conversionText(conversion, letterOf(conversion));
      values.push(`, ${expressionText(piece.value)}`);
    }
  }
  return literal(format) + values.join("");
}

/**
 * Tells whether an expression may divide by zero, because its divisor comes
 * from a record. Such a division ends other tools, because they do not check
 * the divisor.
 */
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

/**
 * Returns what stands behind "print fmt: " for other tools. If the guest's
 * format is unknown or unsafe for them, all fields are shown by name.
 */
export function toolPrintText({ print, fields }: EventFormat): string {
  const plain = print?.every((piece) =>
    typeof piece === "string" || !mayDivideByZero(piece.value)
  );
  if (print !== null && plain) {
    // A character may control a terminal, but its number does not.
    return assembled(print, ({ letter }) => letter === "c" ? "d" : letter);
  }
  const shown = fields.map(generic).filter((each) => each !== null);
  const format = shown.map(([conversion]) => conversion).join(" ");
  return `"${format}"${shown.map(([, value]) => `, ${value}`).join("")}`;
}

/**
 * Formats a field as "NAME=VALUE"; returns null if tools have no way to show
 * it.
 */
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
