// SPDX-License-Identifier: MIT
/**
 * Finds out what a print format takes for granted about fields: that a number
 * says how long an array is, and that bytes are an address. Records which break
 * this are none that a kernel writes.
 *
 * @module
 */
import { callsIn } from "./c_words.ts";
import type { KernelField, KernelFormat } from "./kernel_fields.ts";
import { elementBytes } from "./kernel_types.ts";

/** What is known of an event's fields, by their names. */
export interface FieldUses {
  /** Numbers that count bytes or elements of an array. */
  readonly counts: ReadonlyMap<string, ArrayCount>;
  /** Values of numbers that have names in tables. */
  readonly named: ReadonlyMap<string, readonly bigint[]>;
  /** Arrays that hold a `struct sockaddr`. */
  readonly sockets: ReadonlySet<string>;
  /** Fields that are printed as text. */
  readonly texts: ReadonlySet<string>;
  /** Dynamic fields whose length is looked at, so that it may be 0. */
  readonly measured: ReadonlySet<string>;
}

/** A number's upper bound. */
export interface ArrayCount {
  /** The array whose elements are counted. */
  readonly array: string;
  /** The size of one of the elements that are counted, in bytes. */
  readonly bytes: number;
}

const CONVERSION =
  /%[-+ #0]*(?<width>\d+|\*)?(?:\.(?<precision>\d+|\*)?)?(?:hh|h|ll|[lLztjq])?(?<letter>p\w*|[a-zA-Z%])/g;
const ARRAY = /__get_(?:rel_)?(?:dynamic_array|str)\s*\(\s*(\w+)\s*\)/;
const MEMBER = /REC->(\w+)/g;

/** A conversion and the arguments it takes. */
interface Printed {
  readonly letter: string;
  readonly width: string | null;
  readonly precision: string | null;
  readonly value: string;
}

function conversionsOf({ format, args }: KernelFormat): Printed[] {
  const printed: Printed[] = [];
  const left = [...args];
  const star = (part: string | undefined) =>
    part === "*" ? left.shift() ?? "" : null;
  for (const { groups } of format.matchAll(CONVERSION)) {
    const { width, precision, letter } = groups!;
    if (letter === "%") continue;
    printed.push({
      letter,
      width: star(width),
      precision: star(precision),
      value: left.shift() ?? "",
    });
  }
  return printed;
}

/** Returns what is known of an event's fields. */
export function usesOf(format: KernelFormat): FieldUses {
  const fields = new Map(format.fields.map((f) => [f.name, f]));
  const counts = new Map<string, ArrayCount>();
  const named = new Map<string, bigint[]>();
  const sockets = new Set<string>();
  const texts = new Set<string>();
  const measured = new Set<string>();
  const counted = (count: string, array: string, bytes: number) => {
    const name = arrayNamed(array, fields);
    if (name === null) return;
    for (const [, member] of count.matchAll(MEMBER)) {
      counts.set(member, { array: name, bytes });
    }
  };
  for (const { letter, width, precision, value } of conversionsOf(format)) {
    if (letter.startsWith("pIS") || letter.startsWith("piS")) {
      const name = arrayNamed(value, fields);
      if (name !== null) sockets.add(name);
    }
    if (letter === "s" && precision !== null) counted(precision, value, 1);
    if (letter.startsWith("ph") && width !== null) counted(width, value, 1);
    const member = /^REC->(\w+)$/.exec(value)?.[1];
    if (letter === "s" && member !== undefined) texts.add(member);
  }
  for (const { name, args } of format.args.flatMap(callsIn)) {
    if (/^__get_(rel_)?sockaddr$/.test(name)) sockets.add(args[0]);
    if (/^__get_(rel_)?str$/.test(name)) texts.add(args[0]);
    if (/^__get_(rel_)?(dynamic_array_len|bitmask|cpumask)$/.test(name)) {
      measured.add(args[0]);
    }
    if (/^__print_hex(_str)?$/.test(name)) counted(args[1], args[0], 1);
    if (/^__print_(symbolic|flags)/.test(name)) {
      for (const [, member] of args[0].matchAll(MEMBER)) {
        named.set(member, [...named.get(member) ?? [], ...valuesOf(args)]);
      }
    }
    if (name === "__print_array") {
      counted(args[1], args[0], Number(args[2]) || 8);
    }
    if (name === "__print_hex_dump") counted(args[5], args[4], 1);
  }
  return { counts, named, sockets, texts, measured };
}

/** Returns the values of a table that are plain numbers. */
function valuesOf(args: readonly string[]): bigint[] {
  return args.flatMap((arg) => {
    const number = /^\{\s*(0[xX][\da-fA-F]+|\d+)[uUlL]*\s*,/.exec(arg)?.[1];
    if (number === undefined) return [];
    return [BigInt(number.replace(/^0(?=\d)/, "0o"))];
  });
}

/** Returns the name of the one array that an expression begins at, or null. */
function arrayNamed(
  expression: string,
  fields: ReadonlyMap<string, KernelField>,
): string | null {
  const dynamic = ARRAY.exec(expression)?.[1] ??
    /__get_(?:rel_)?sockaddr\s*\(\s*(\w+)\s*\)/.exec(expression)?.[1];
  if (dynamic !== undefined) return dynamic;
  for (const [, member] of expression.matchAll(MEMBER)) {
    const field = fields.get(member);
    if (field && (field.count !== null || elementBytes(field) > 8)) {
      return member;
    }
  }
  return null;
}
