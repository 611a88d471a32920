// SPDX-License-Identifier: MIT
/**
 * Writes the `print fmt` of an event for other tools: from what was parsed of
 * the guest's, or from the fields alone.
 *
 * @module
 */
import {
  type EventField,
  isDynamic,
  isTextField,
} from "../../ring/events/event_field.ts";
import type { EventFormat } from "../../ring/events/event_format.ts";
import {
  type Expression,
  fieldsOf,
  forEachPart,
  isNumber,
  type NumberExpression,
  type Place,
} from "../../ring/events/print_expression.ts";
import {
  type Conversion,
  type PrintArgument,
  withCounts,
} from "../../ring/events/print_format.ts";
import {
  expressionText,
  fieldText,
  lengthText,
  literal,
  macro,
  Unsupported,
} from "./expression_source.ts";

/** Length modifiers, by bytes of the argument. */
const LENGTHS: Readonly<Record<number, string>> = {
  1: "hh",
  2: "h",
  4: "",
  8: "ll",
};

/** A part of a format, and the arguments that it prints. */
type Source = readonly [format: string, ...values: string[]];

function conversionText(argument: PrintArgument): string {
  const conversion = counted(argument);
  const { flags, width, precision, bytes, extension } = conversion;
  // A character may control a terminal, but its number does not.
  const letter = conversion.letter === "c" ? "d" : conversion.letter;
  const length = "duxXo".includes(letter) ? LENGTHS[bytes] : "";
  const least = width || "";
  const most = precision < 0 ? "" : `.${precision}`;
  return `%${flags}${least}${most}${length}${letter}${extension}`;
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
  let may = false;
  forEachPart(expression, (part) => may ||= mayDivideByZero(part));
  return may;
}

/** How many bytes tools read for an extension, by its first letter. */
const READ_BYTES: Readonly<Record<string, number>> = {
  M: 6,
  m: 6,
  U: 16,
  I4: 4,
  i4: 4,
  I6: 16,
  i6: 16,
};

/**
 * Tells whether tools know what to print of an address, and read no more for it
 * than its field has.
 */
function isReadable({ field }: Place, extension: string): boolean {
  if (extension === "") return true;
  if (field === null) return false;
  if (/^[Ii]S/.test(extension)) return isDynamic(field);
  const bytes = READ_BYTES[extension.slice(0, 2)] ?? READ_BYTES[extension[0]];
  return bytes !== undefined && field.bytes >= bytes &&
    !isDynamic(field);
}

/** Returns an argument as tools can print it. @throws {Unsupported} */
function argumentSource(argument: PrintArgument): Source {
  const { width, value } = argument;
  const { letter, extension } = argument.conversion;
  if (mayDivideByZero(value)) throw new Unsupported("a division");
  if (extension.startsWith("h") && value.op === "place" && width !== null) {
    const separator = extension === "hN" ? "" : " ";
    const hex: Expression = {
      op: "hex",
      place: value,
      bytes: width,
      separator,
    };
    return ["%s", expressionText(hex)];
  }
  if (value.op === "place" && !isReadable(value, extension)) {
    throw new Unsupported(extension);
  }
  // Tools would print any bytes as they are.
  if (letter === "s" && value.op === "place") {
    const isText = value.field !== null && isTextField(value.field);
    if (!isText) throw new Unsupported("bytes as text");
  }
  if (letter === "s" && isNumber(value)) {
    return ["0x%llx", expressionText(value)];
  }
  if (value.op === "place" && letter !== "s" && extension === "") return ["?"];
  return [conversionText(argument), expressionText(value)];
}

/**
 * Returns a conversion whose `*` is a number. One that a record gives would let
 * a guest keep tools busy for ever.
 */
function counted(
  { conversion, width, precision }: PrintArgument,
): Conversion {
  const count = (of: NumberExpression | null) => {
    if (of === null) return null;
    if (of.op === "number") return Number(of.value);
    throw new Unsupported("a width of a record");
  };
  // A text is then printed whole.
  const isWhole = conversion.letter === "s" && precision?.op !== "number";
  const most = isWhole ? null : precision;
  return withCounts(conversion, count(width), count(most));
}

/** Returns an argument, or its fields if tools cannot print it. */
function pieceSource(piece: string | PrintArgument): Source[] {
  if (typeof piece === "string") return [[piece.replaceAll("%", "%%")]];
  try {
    return [argumentSource(piece)];
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    const { value, conversion } = piece;
    if (conversion.letter === "p" && conversion.extension === "") {
      return [["?"]];
    }
    return [...nameOf(value), ["{"], ...fieldsByName(value), ["}"]];
  }
}

function nameOf(value: Expression): Source[] {
  return value.op === "named" ? [[value.name]] : [];
}

/** Returns the fields of an expression, with blanks between them. */
function fieldsByName(expression: Expression): Source[] {
  return byName([...fieldsOf(expression)]);
}

/** Returns fields by name, as far as tools can show them. */
function byName(fields: readonly EventField[]): Source[] {
  return fields.map(generic).filter((each) => each !== null)
    .flatMap((each, i): Source[] => i === 0 ? [each] : [[" "], each]);
}

/**
 * Returns what stands behind "print fmt: " for other tools. What they cannot
 * print is shown as fields by name.
 */
export function toolPrintText({ print, fields }: EventFormat): string {
  const sources = print === null
    ? byName(fields)
    : print.pieces.flatMap(pieceSource);
  const format = sources.map(([format]) => format).join("");
  const values = sources.flatMap(([, ...values]) => values);
  return literal(format) + values.map((value) => `, ${value}`).join("");
}

/**
 * Formats a field as "NAME=VALUE"; returns null if tools have no way to show
 * it.
 */
function generic(field: EventField): Source | null {
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
