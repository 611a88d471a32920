// SPDX-License-Identifier: MIT
/**
 * Shows numbers as the kernel's printf does, in printable ASCII only, and as
 * its tables of names do.
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
  if (width <= cutText.length) return cutText;
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
  return cut(BigInt(value), { bytes, signed });
}

const BASES: Readonly<Record<string, number>> = { o: 8, x: 16, X: 16 };

/**
 * Returns a number's text. In the kernel, unlike in C, a precision does not
 * switch off the flag `0`, and `#` puts 0x before a zero, too.
 *
 * Source: printf(3); `number` in the kernel's lib/vsprintf.c.
 */
export function numberText(
  value: number | bigint,
  conversion: Conversion,
): string {
  const { letter, flags, width, precision, bytes } = conversion;
  const signed = letter === "d";
  if (letter === "c") return characterText(value, conversion);
  const exact = converted(value, bytes, signed);
  const base = BASES[letter] ?? 10;
  if (flags === "" && width === 0 && precision < 0 && letter !== "X") {
    return letter === "p" ? addressText(exact) : exact.toString(base);
  }
  if (letter === "p") {
    return padded(addressText(exact), { ...conversion, precision: -1 });
  }
  const negative = exact < 0;
  let digits = (negative ? -exact : exact).toString(base);
  if (letter === "X") digits = digits.toUpperCase();
  if (precision >= 0) digits = digits.padStart(precision, "0");
  let sign = "";
  if (negative) sign = "-";
  else if (signed && flags.includes("+")) sign = "+";
  else if (signed && flags.includes(" ")) sign = " ";
  else if (flags.includes("#") && base === 16) sign = `0${letter}`;
  else if (flags.includes("#") && base === 8 && Number(exact) !== 0) sign = "0";
  if (flags.includes("-")) return (sign + digits).padEnd(width);
  if (flags.includes("0")) {
    return sign + digits.padStart(width - sign.length, "0");
  }
  return (sign + digits).padStart(width);
}

/** Returns an address as `%p` shows one, which is not hashed here. */
function addressText(address: number | bigint): string {
  return address.toString(16).padStart(ADDRESS_DIGITS, "0");
}

function characterText(
  value: number | bigint,
  conversion: Conversion,
): string {
  const code = Number(BigInt.asUintN(8, BigInt(value)));
  const shown = code >= 0x20 && code < 0x7f ? code : 0x3f;
  return padded(String.fromCharCode(shown), { ...conversion, precision: -1 });
}

/** Flags of up to 31 bits, which need no bigints, by table. */
const smallFlags = new WeakMap<Names, readonly (readonly [number, string])[]>();
const SMALL_LIMIT = 2 ** 31;

function smallFlagsOf(names: Names): readonly (readonly [number, string])[] {
  let small = smallFlags.get(names);
  if (small === undefined) {
    small = names.filter(([mask]) => mask < SMALL_LIMIT)
      .map(([mask, name]) => [Number(mask), name] as const);
    smallFlags.set(names, small);
  }
  return small;
}

/**
 * Returns a value's text as `__print_flags` prints it.
 * Source: `trace_print_flags_seq` in the kernel's kernel/trace/trace_output.c.
 */
export function flagsText(
  value: number | bigint,
  delimiter: string,
  names: Names,
): string {
  if (typeof value === "number" && value >= 0 && value < SMALL_LIMIT) {
    return smallFlagsText(value, delimiter, names);
  }
  let left = low64(BigInt(value));
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

function smallFlagsText(
  value: number,
  delimiter: string,
  names: Names,
): string {
  let left = value;
  const said: string[] = [];
  for (const [mask, name] of smallFlagsOf(names)) {
    if (left === 0) break;
    if ((left & mask) !== mask) continue;
    said.push(name);
    left &= ~mask;
  }
  if (left !== 0) said.push(`0x${left.toString(16)}`);
  return said.join(delimiter);
}

const indexes = new WeakMap<Names, ReadonlyMap<number | bigint, string>>();

/** Returns a number as what it is in the index: a bigint if it is large. */
function keyOf(value: number | bigint): number | bigint {
  if (typeof value === "number" && value >= 0) return value;
  const whole = low64(BigInt(value));
  return whole <= Number.MAX_SAFE_INTEGER ? Number(whole) : whole;
}

function indexOf(names: Names): ReadonlyMap<number | bigint, string> {
  let index = indexes.get(names);
  if (index === undefined) {
    // The first of two is found.
    index = new Map(
      names.toReversed().map(([value, name]) => [keyOf(value), name]),
    );
    indexes.set(names, index);
  }
  return index;
}

/**
 * Returns a value's text as `__print_symbolic` prints it.
 * Source: `trace_print_symbols_seq` in the kernel's
 * kernel/trace/trace_output.c, which takes an empty name for none.
 */
export function symbolText(value: number | bigint, names: Names): string {
  const key = keyOf(value);
  return indexOf(names).get(key) || `0x${key.toString(16)}`;
}
