// SPDX-License-Identifier: MIT
/**
 * Decodes what `trace-cmd report -R` has to show of a kernel event.
 *
 * @module
 */
import type { EventFormat } from "../../ring/events/event_format.ts";
import { integerAt } from "../../ring/events/payload.ts";

/** A field that trace-cmd shows in a way that can be compared. */
export interface NumberOrText {
  readonly name: string;
  readonly value: string | { bits: number; number: bigint };
}

/** Returns a record's numbers and its texts of fixed length. */
export function numbersAndTexts(
  { fields }: EventFormat,
  record: Uint8Array,
): NumberOrText[] {
  return fields.flatMap((field): NumberOrText[] => {
    const { name, kind, offset, bytes, signed } = field;
    if (kind === "integer") {
      const number = BigInt(integerAt(record, offset, bytes, signed));
      return [{ name, value: { bits: bytes * 8, number } }];
    }
    if (kind !== "text" || bytes === 0) return [];
    const all = record.subarray(offset, offset + bytes);
    const end = all.indexOf(0);
    const text = new TextDecoder().decode(end < 0 ? all : all.subarray(0, end));
    return [{ name, value: text }];
  });
}

/** Tells whether an event's reported fields contain this one. */
export function isReported(
  fields: string,
  name: string,
  value: NumberOrText["value"],
): boolean {
  if (typeof value === "string") return fields.includes(`${name}=${value}`);
  const shown = new RegExp(`(?:^| )${name}=(\\S*)`).exec(fields)?.[1] ?? "";
  const { bits, number } = value;
  const equal = (found: bigint) =>
    BigInt.asUintN(bits, found) === BigInt.asUintN(bits, number);
  if (shown === "(nil)") return number === 0n;
  if (/^-\d+$/.test(shown)) return equal(-BigInt(shown.slice(1)));
  if (/^\d+$/.test(shown) && equal(BigInt(shown))) return true;
  // Addresses may lack their prefix "0x".
  return /^(0x)?[0-9a-f]+$/.test(shown) &&
    equal(BigInt(`0x${shown.replace(/^0x/, "")}`));
}
