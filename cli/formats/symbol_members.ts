// SPDX-License-Identifier: MIT
/**
 * Names functions in JSON whose addresses the kernel prints as numbers.
 *
 * @module
 */
import type { EventField } from "../../ring/events/event_field.ts";
import type { EventFormat } from "../../ring/events/event_format.ts";
import { integerAt } from "../../ring/events/payload.ts";
import { symbolPlaceText, type Symbols } from "../../ring/events/symbols.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { textNameOf } from "./field_texts.ts";
import type { OutputBuffer } from "./output_buffer.ts";

const ADDRESS_BYTES = 8;
/** The upper half of all addresses is the kernel's. */
const KERNEL_MIN = 1n << 63n;

/**
 * Returns for each field of a format the member that names a function whose
 * address is in it, up to its value; null if no address can be in it, or another
 * field has that name.
 */
export function symbolKeys({ fields }: EventFormat): (string | null)[] {
  const names = new Set(fields.map(({ name }) => name));
  return fields.map((field) => {
    const { kind, elementBytes } = field;
    const fits = kind === "integer" && elementBytes === ADDRESS_BYTES;
    const name = textNameOf(field);
    return fits && !names.has(name) ? `,"${name}":` : null;
  });
}

/**
 * Appends such a member, as "function+0x12/0x80 [module]", if the field holds
 * the address of a function. The offset is left out if it is 0.
 *
 * @param key Returned by `symbolKeys`.
 * @param field Of the record's format; the record fits it.
 * @param symbols Of the record's epoch.
 */
export function appendSymbolMember(
  key: string,
  { offset }: EventField,
  { bytes, payloadOffset }: RecordView,
  symbols: Symbols,
  into: OutputBuffer,
): void {
  const value = integerAt(bytes, payloadOffset + offset, ADDRESS_BYTES, false);
  if (typeof value === "number" || value < KERNEL_MIN) return;
  const place = symbols.find(value);
  if (place === null) return;
  const text = symbolPlaceText(place, place.offsetBytes > 0n);
  into.appendText(`${key}${JSON.stringify(text)}`);
}
