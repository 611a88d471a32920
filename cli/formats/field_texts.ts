// SPDX-License-Identifier: MIT
/**
 * Finds what the kernel prints of a single field: the names of its flags, the
 * address that it holds.
 *
 * @module
 */
import type { EventField } from "../../ring/events/event_field.ts";
import type { EventFormat } from "../../ring/events/event_format.ts";
import {
  fieldsOf,
  forEachPart,
  isNumber,
} from "../../ring/events/print_expression.ts";
import { symbolExtension } from "../../ring/events/print_pointer.ts";
import {
  PLAIN_TEXT,
  type PrintArgument,
} from "../../ring/events/print_format.ts";

/** Returns the name of the JSON member that has a field's text. */
export function textNameOf({ name }: EventField): string {
  return `${name}_text`;
}

/**
 * Returns for each field of a format the argument, or the part of one, that
 * prints this field, and no other, as more than a number or a text; null if
 * there is none.
 */
export function fieldTexts(
  { print, fields }: EventFormat,
): (PrintArgument | null)[] {
  const names = new Set(fields.map(({ name }) => name));
  const found = new Map<EventField, PrintArgument>();
  const look = (argument: PrintArgument) => {
    const field = saysMore(argument) ? onlyField(argument) : null;
    if (field !== null) {
      if (!found.has(field)) found.set(field, argument);
      return;
    }
    forEachPart(argument.value, (value) => {
      if (!isNumber(value) && value.op !== "place") look({ ...PART, value });
    });
  };
  for (const piece of print?.pieces ?? []) {
    if (typeof piece !== "string") look(piece);
  }
  return fields.map((field) =>
    names.has(textNameOf(field)) ? null : found.get(field) ?? null
  );
}

/** How a part of an argument is printed. */
const PART = { conversion: PLAIN_TEXT, width: null, precision: null };

/** Tells whether an argument prints something else than a number or a text. */
function saysMore({ value, conversion }: PrintArgument): boolean {
  if (isNumber(value)) return symbolExtension(conversion.extension) !== null;
  if (value.op === "place") return conversion.extension !== "";
  return value.op !== "unknown" && value.op !== "string";
}

function onlyField({ value }: PrintArgument): EventField | null {
  const fields = fieldsOf(value);
  return fields.size === 1 ? [...fields][0] : null;
}
