// SPDX-License-Identifier: MIT
/**
 * Decodes what a CTF tool has to show of a kernel event.
 *
 * @module
 */
import type { EventFormat } from "../../ring/events/event_format.ts";
import { visitField } from "../../ring/events/event_values.ts";
import { integerAt, type Payload } from "../../ring/events/payload.ts";
import { shownArray, shownText } from "./babeltrace.ts";

/**
 * Returns the fields by name, as babeltrace2 shows them. A dynamic field is
 * included only if its bytes follow in order behind the fixed part.
 */
export function shownFields(
  format: EventFormat,
  payload: Payload,
): Map<string, string> {
  const shown = new Map<string, string>();
  for (const field of [...format.common, ...format.fields]) {
    const set = (value: string) => shown.set(field.name, value);
    visitField(field, payload, {
      integer: (_, value) =>
        set(
          field.pointer
            ? `0x${value.toString(16).toUpperCase()}`
            : String(value),
        ),
      text: (_, bytes, offset, count) =>
        set(
          shownText(
            new TextDecoder().decode(bytes.subarray(offset, offset + count)),
          ),
        ),
      array: (_, bytes, offset, count) => {
        const { elementBytes, signed, pointer, kind } = field;
        const isStack = field === format.stack?.caller;
        const whole = isStack || kind === "array" && field.bytes > 0;
        const step = whole ? elementBytes : 1;
        // A field that takes the rest of a record is shown as bytes, all of
        // them.
        const rest = payload.payloadBytes - field.offset;
        const allBytes = kind === "array" ? rest : count * elementBytes;
        const numbers = Array.from(
          { length: whole ? count : allBytes },
          (_, i) => integerAt(bytes, offset + i * step, step, whole && signed),
        );
        const hex = (value: number | bigint) =>
          `0x${value.toString(16).toUpperCase()}`;
        set(
          shownArray(
            ((pointer || isStack) && whole
              ? numbers.map(hex)
              : numbers) as number[],
          ),
        );
      },
      opaque: (_, bytes, offset, count) =>
        set(shownArray(bytes.subarray(offset, offset + count))),
    });
  }
  return shown;
}
