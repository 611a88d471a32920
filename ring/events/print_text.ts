// SPDX-License-Identifier: MIT
/**
 * Shows values as the kernel's printf does, in printable ASCII only.
 *
 * @module
 */
import type { Names } from "./print_expression.ts";
import type { Conversion } from "./print_format.ts";
import { cut } from "./print_value.ts";

const ADDRESS_DIGITS = 16;

const low64 = (value: bigint) => BigInt.asUintN(64, value);

/** Cuts and pads a text as its conversion says. */
export function padded(text: string, conversion: Conversion): string {
  const { width, precision, flags } = conversion;
  const cutText = precision < 0 ? text : text.slice(0, precision);
  return flags.includes("-") ? cutText.padEnd(width) : cutText.padStart(width);
}

/** Converts a number as C does when it is passed to printf. */
function converted(
  value: number | bigint,
  bytes: number,
  signed: boolean,
): number | bigint {
  if (typeof value === "number") {
    if (bytes === 4) return signed ? value | 0 : value >>> 0;
    if (bytes === 8 && (signed || value >= 0)) return value;
  }
  return cut(BigInt(value), bytes, signed);
}

/** Returns a number's text. Source: printf(3); the kernel's lib/vsprintf.c. */
export function numberText(
  value: number | bigint,
  conversion: Conversion,
): string {
  const { letter, flags, width, precision, bytes } = conversion;
  const signed = letter === "d";
  const exact = converted(value, bytes, signed);
  const isPlain = flags === "" && width === 0 && precision < 0;
  if (isPlain && (signed || letter === "u")) return exact.toString();
  if (letter === "c") {
    const code = Number(BigInt.asUintN(8, BigInt(value)));
    const shown = code >= 0x20 && code < 0x7f ? code : 0x3f;
    return padded(String.fromCharCode(shown), conversion);
  }
  if (letter === "p") {
    const digits = exact.toString(16).padStart(ADDRESS_DIGITS, "0");
    return padded(digits, { ...conversion, precision: -1 });
  }
  const base = letter === "o" ? 8 : letter === "x" || letter === "X" ? 16 : 10;
  const negative = exact < 0;
  let digits = (negative ? -exact : exact).toString(base);
  if (letter === "X") digits = digits.toUpperCase();
  if (precision >= 0) digits = digits.padStart(precision, "0");
  let sign = "";
  if (negative) sign = "-";
  else if (signed && flags.includes("+")) sign = "+";
  else if (signed && flags.includes(" ")) sign = " ";
  else if (flags.includes("#") && base === 16) sign = `0${letter}`;
  else if (flags.includes("#") && base === 8) sign = "0";
  if (flags.includes("-")) return (sign + digits).padEnd(width);
  if (flags.includes("0") && precision < 0) {
    return sign + digits.padStart(width - sign.length, "0");
  }
  return (sign + digits).padStart(width);
}

/** Returns a value's text as `__print_flags` prints it. */
export function flagsText(
  value: bigint,
  delimiter: string,
  names: Names,
): string {
  let left = low64(value);
  const said: string[] = [];
  for (const [mask, name] of names) {
    if (left === 0n) break;
    if ((left & mask) !== mask) continue;
    said.push(name);
    left &= ~mask;
  }
  if (left !== 0n) said.push(`0x${left.toString(16)}`);
  return said.join(delimiter);
}

/** With this number of names or more, they are found by an index. */
const INDEXED_NAMES = 16;
const indexes = new WeakMap<Names, ReadonlyMap<bigint, string>>();

function indexOf(names: Names): ReadonlyMap<bigint, string> {
  let index = indexes.get(names);
  if (index === undefined) {
    index = new Map(names.toReversed()); // the first of two is found
    indexes.set(names, index);
  }
  return index;
}

/** Returns a value's text as `__print_symbolic` prints it. */
export function symbolText(value: bigint, names: Names): string {
  const wanted = low64(value);
  if (names.length >= INDEXED_NAMES) {
    const name = indexOf(names).get(wanted);
    if (name !== undefined) return name;
  } else {
    for (const [known, name] of names) {
      if (known === wanted) return name;
    }
  }
  return `0x${wanted.toString(16)}`;
}
