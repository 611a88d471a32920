// SPDX-License-Identifier: MIT
/**
 * Finds fields that are declared as text but hold bytes, such as the
 * `char addr[6]` of many drivers.
 *
 * @module
 */
import { type EventField, isTextField } from "../../ring/events/event_field.ts";
import type { EventFormat } from "../../ring/events/event_format.ts";
import {
  type Expression,
  forEachPart,
} from "../../ring/events/print_expression.ts";

const known = new WeakMap<EventFormat, ReadonlySet<EventField>>();

/**
 * Returns the fields of texts that the format prints, but never as text. What
 * is in them is not to be made safe, and tools have to know them as bytes.
 */
export function binaryTexts(format: EventFormat): ReadonlySet<EventField> {
  let found = known.get(format);
  if (found === undefined) {
    found = find(format);
    known.set(format, found);
  }
  return found;
}

function find({ print }: EventFormat): Set<EventField> {
  const bytes = new Set<EventField>();
  const texts = new Set<EventField>();
  const look = (expression: Expression, asText: boolean) => {
    if (expression.op === "place" && expression.field !== null) {
      (asText ? texts : bytes).add(expression.field);
    }
    // A choice prints its parts as they are, and the kernel's functions take
    // texts; all else takes bytes.
    const { op } = expression;
    const same = op === "either" && asText || op === "named";
    forEachPart(expression, (part) => look(part, same));
  };
  for (const piece of print?.pieces ?? []) {
    if (typeof piece === "string") continue;
    look(piece.value, piece.conversion.letter === "s");
  }
  return new Set(
    [...bytes].filter((field) => isTextField(field) && !texts.has(field)),
  );
}
