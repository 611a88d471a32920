// SPDX-License-Identifier: MIT
/**
 * Prints bytes of a record as the kernel's macros do: `__print_hex`,
 * `__print_array`, `__print_hex_dump`, `__get_bitmask`.
 *
 * Source: the kernel's kernel/trace/trace_output.c and lib/hexdump.c.
 *
 * @module
 */
import { integerAt, locate, type Payload, type Span } from "./payload.ts";
import type { NumberExpression, TextExpression } from "./print_expression.ts";
import { bitmaskText, hexText } from "./print_pointer.ts";
import { find, valueOf } from "./print_value.ts";

/** The expressions that give bytes of a record. */
export type BytesExpression = Extract<
  TextExpression,
  { readonly op: "hex" | "array" | "hexDump" | "bitmask" }
>;

const found: Span = { offset: 0, bytes: 0 };

/** Returns a count, which is an `int` in the kernel; 0 if it is negative. */
function countOf(expression: NumberExpression, payload: Payload): number {
  const value = BigInt.asIntN(32, valueOf(expression, payload));
  return value < 0n ? 0 : Number(value);
}

/**
 * Returns the text of some bytes. If there are fewer in the record than the
 * format asks for, only these are shown.
 *
 * @param room More characters are not needed.
 */
export function bytesText(
  expression: BytesExpression,
  payload: Payload,
  room: number,
): string {
  switch (expression.op) {
    case "hex": {
      const count = shownBytes(expression, payload, room);
      return hexText(
        payload.bytes,
        found.offset,
        count,
        expression.separator,
      );
    }
    case "array":
      return arrayText(expression, payload, room);
    case "hexDump":
      return dumpText(expression, payload, room);
    case "bitmask": {
      locate(expression.field, payload, found);
      return bitmaskText(payload.bytes, found.offset, found.bytes * 8);
    }
  }
}

/**
 * Finds bytes: sets `found` to their place.
 *
 * @returns How many to show.
 */
function shownBytes(
  { place, bytes }: BytesExpression & { op: "hex" | "hexDump" },
  payload: Payload,
  room: number,
): number {
  const wanted = countOf(bytes, payload);
  find(place, payload, found);
  return Math.min(wanted, found.bytes, room);
}

const SIZES: ReadonlySet<number> = new Set([1, 2, 4, 8]);

function arrayText(
  { place, count, elementBytes }: BytesExpression & { op: "array" },
  payload: Payload,
  room: number,
): string {
  const wanted = countOf(count, payload);
  const given = countOf(elementBytes, payload);
  const size = SIZES.has(given) ? given : 1;
  find(place, payload, found);
  const { offset, bytes } = found;
  const shown = Math.min(wanted, Math.floor(bytes / size), room);
  const values: string[] = [];
  for (let i = 0; i < shown; i++) {
    const value = integerAt(payload.bytes, offset + i * size, size, false);
    values.push(`0x${value.toString(16)}`);
  }
  return `{${values.join(",")}}`;
}

/** The kernel prints rows; here they follow one another in the same line. */
function dumpText(
  expression: BytesExpression & { op: "hexDump" },
  payload: Payload,
  room: number,
): string {
  const { rowBytes, groupBytes, prefix, offsets, ascii } = expression;
  const count = shownBytes(expression, payload, room);
  const { offset: start } = found;
  let text = "";
  for (let at = 0; at < count; at += rowBytes) {
    const length = Math.min(rowBytes, count - at);
    const size = length % groupBytes === 0 ? groupBytes : 1;
    const groups: string[] = [];
    for (let i = 0; i < length; i += size) {
      const group = payload.bytes.slice(start + at + i, start + at + i + size);
      groups.push(hexText(group.reverse(), 0, size, ""));
    }
    text += ` ${prefix}`;
    if (offsets) text += `${at.toString(16).padStart(8, "0")}: `;
    const row = groups.join(" ");
    if (!ascii) text += row;
    else {
      const column = rowBytes * 2 + rowBytes / size + 1;
      text += row.padEnd(column) +
        plainText(payload.bytes, start + at, length);
    }
  }
  return text;
}

function plainText(bytes: Uint8Array, offset: number, count: number): string {
  return String.fromCharCode(
    ...bytes.subarray(offset, offset + count).map((byte) =>
      byte >= 0x20 && byte < 0x7f ? byte : 0x2e
    ),
  );
}
