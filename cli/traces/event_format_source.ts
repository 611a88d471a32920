// SPDX-License-Identifier: MIT
/**
 * Writes the text of a tracefs `format` file from a parsed format, so that
 * tools, and this program's own parser, never read the guest's own text.
 *
 * @module
 */
import { type EventField, isDynamic } from "../../ring/events/event_field.ts";
import type { EventFormat } from "../../ring/events/event_format.ts";
import { binaryTexts } from "./binary_texts.ts";

const UNSIGNED: Readonly<Record<number, string>> = {
  1: "unsigned char",
  2: "unsigned short",
  4: "unsigned int",
  8: "unsigned long",
};
const SIGNED: Readonly<Record<number, string>> = {
  1: "signed char",
  2: "short",
  4: "int",
  8: "long",
};

/** Types without "char", because tools take that for text. */
const BYTE_TYPES = { true: "int8_t", false: "uint8_t" } as const;

function typeOf({ elementBytes, signed, pointer }: EventField): string {
  if (pointer) return "void *";
  return (signed ? SIGNED : UNSIGNED)[elementBytes];
}

function elementTypeOf(field: EventField): string {
  if (field.elementBytes > 1) return typeOf(field);
  return BYTE_TYPES[`${field.signed}`];
}

/**
 * Returns type and name as in C, from which this program's parser makes the
 * same field.
 */
function declaration(field: EventField, name: string): string {
  const { kind, elements, relative } = field;
  const where = relative ? "__rel_loc" : "__data_loc";
  const count = elements === 0 ? "" : elements;
  switch (kind) {
    case "integer":
      return `${typeOf(field)} ${name}`;
    case "text":
      return `char ${name}[${count}]`;
    case "array":
      return `${elementTypeOf(field)} ${name}[${count}]`;
    case "dynamicText":
      return `${where} char[] ${name}`;
    case "dynamicArray":
      return `${where} ${elementTypeOf(field)}[] ${name}`;
    case "opaque":
      return `struct opaque ${name}[${count}]`;
  }
}

/** Bytes of the word that tells tools where a dynamic field is. */
const WORD_BYTES = 4;

function line(field: EventField, name: string): string {
  const { offset, bytes: size, signed } = field;
  const text = declaration(field, name);
  return `\tfield:${text};\toffset:${offset};\tsize:${size};\tsigned:${
    signed ? 1 : 0
  };\n`;
}

/** Returns a field as tools have to take it. */
function asTools(
  field: EventField,
  binary: ReadonlySet<EventField>,
): EventField {
  const { kind, bytes } = field;
  const isBytes = binary.has(field);
  if (!isDynamic(field)) {
    return isBytes ? { ...field, kind: "array", signed: false } : field;
  }
  return {
    ...field,
    kind: isBytes ? "dynamicArray" : kind,
    bytes: Math.min(bytes, WORD_BYTES),
  };
}

/**
 * Returns the text, without a line that names the system.
 *
 * @param id The id of the records.
 * @param print What stands behind "print fmt: ".
 * @param forTools Whether other tools read it, which expect fields to have
 * different names, and know only one size of dynamic fields.
 */
export function formatText(
  format: EventFormat,
  id: number,
  print: string,
  forTools: boolean,
): string {
  const { name, common, fields } = format;
  const own = (field: EventField) => line(field, field.sourceName);
  const tools = (field: EventField) =>
    line(asTools(field, binaryTexts(format)), field.name);
  const lines = (fields: readonly EventField[]) =>
    fields.map(forTools ? tools : own).join("");
  return `name: ${name}
ID: ${id}
format:
${lines(common)}
${lines(fields)}
print fmt: ${print}
`;
}
