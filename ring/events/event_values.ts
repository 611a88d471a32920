// SPDX-License-Identifier: MIT
/**
 * Decodes the fields of a kernel event's record.
 *
 * @module
 */
import type { EventField } from "./event_field.ts";
import type { EventFormat } from "./event_format.ts";
import { stackFits } from "./kernel_stack.ts";
import {
  integerAt,
  locate,
  type Payload,
  type Span,
  textBytes,
} from "./payload.ts";

/**
 * Takes the fields of a record in the order of its format. Places are offsets
 * in `bytes`, which may be reused after the call.
 */
export interface FieldVisitor {
  /** Takes a number, which is a bigint if it is 2^53 or more away from 0. */
  integer(field: EventField, value: number | bigint): void;
  /** Takes text without its NUL, which may hold any bytes. */
  text(
    field: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void;
  /** Takes `count` numbers of `field.elementBytes` each, see `integerAt`. */
  array(
    field: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void;
  /** Takes bytes of an unknown type. */
  opaque(
    field: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void;
}

const found: Span = { offset: 0, bytes: 0 };

/**
 * Tells whether a record agrees with its format: it is long enough, has the
 * format's id, and its dynamic fields lie in it and are together no longer than
 * it; a stack has as many addresses as it says. Otherwise many fields could show the same bytes, so that a small record
 * becomes as large as the guest likes. A record that does not fit must be shown
 * as opaque.
 */
export function fits(format: EventFormat, payload: Payload): boolean {
  const { bytes, payloadOffset: at, payloadBytes } = payload;
  if (payloadBytes < format.fixedBytes) return false;
  if ((bytes[at] | bytes[at + 1] << 8) !== format.id) return false;
  const { dynamic, stack } = format;
  if (stack !== null && !stackFits(stack, payload)) return false;
  let left = payloadBytes;
  for (let i = 0; i < dynamic.length; i++) {
    locate(dynamic[i], payload, found);
    if (found.bytes < 0) return false;
    left -= found.bytes;
  }
  return left >= 0;
}

/**
 * Hands the event's own fields to a visitor.
 *
 * @param payload One that fits the format, see `fits`.
 */
export function visitFields(
  format: EventFormat,
  payload: Payload,
  visitor: FieldVisitor,
): void {
  for (const field of format.fields) visitField(field, payload, visitor);
}

/** Hands one field to a visitor; see `visitFields`. */
export function visitField(
  field: EventField,
  payload: Payload,
  visitor: FieldVisitor,
): void {
  const { bytes } = payload;
  const { elementBytes, signed } = field;
  locate(field, payload, found);
  const { offset } = found;
  switch (field.kind) {
    case "integer":
      visitor.integer(field, integerAt(bytes, offset, elementBytes, signed));
      return;
    case "text":
    case "dynamicText":
      visitor.text(field, bytes, offset, textBytes(bytes, offset, found.bytes));
      return;
    case "array":
    case "dynamicArray":
      visitor.array(
        field,
        bytes,
        offset,
        Math.floor(found.bytes / elementBytes),
      );
      return;
    case "opaque":
      visitor.opaque(field, bytes, offset, found.bytes);
  }
}
