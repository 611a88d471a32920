// SPDX-License-Identifier: MIT
/**
 * Chooses C types for the fields of events, on a 64-bit machine.
 *
 * @module
 */
import type { KernelField } from "./kernel_fields.ts";

/** Types that generated programs know by name, and their sizes in bytes. */
const SIZES: Readonly<Record<string, number>> = {
  "signed char": 1,
  "unsigned char": 1,
  "short": 2,
  "unsigned short": 2,
  "int": 4,
  "unsigned int": 4,
  "unsigned": 4,
  "long": 8,
  "unsigned long": 8,
  "long long": 8,
  "unsigned long long": 8,
  "bool": 1,
  "uint8_t": 1,
  "uint16_t": 2,
  "uint32_t": 4,
  "uint64_t": 8,
  "size_t": 8,
};
for (const bits of [8, 16, 32, 64]) {
  for (const name of ["s", "u", "__s", "__u"]) {
    (SIZES as Record<string, number>)[name + bits] = bits / 8;
  }
}

const withoutConst = (type: string) =>
  type.replace(/\b(const|volatile)\b/g, "").replace(/\s+/g, " ").trim();

/** Tells whether a field's characters are text. */
export function isChar(field: KernelField): boolean {
  return withoutConst(field.type) === "char";
}

/** Returns the size of one element of a field, in bytes. */
export function elementBytes(field: KernelField): number {
  const { type, size, where, count } = field;
  if (type.includes("*")) return 8;
  const plain = withoutConst(type);
  if (plain === "char") return 1;
  const known = SIZES[plain];
  if (known !== undefined) return known;
  if (where !== "fixed" || count === 0) return 1;
  return size % (count ?? 1) === 0 ? size / (count ?? 1) : 1;
}

/** Returns the declaration of a field in a packed structure. */
export function declarationOf(field: KernelField, name: string): string {
  if (field.where !== "fixed") return `u32 ${field.where}_${name}`;
  const { size, count } = field;
  const bytes = elementBytes(field);
  if (count === null) return `${typeOf(field, size)} ${name}`;
  if (size % bytes !== 0) return `u8 ${name}[${size}]`;
  return `${typeOf(field, bytes)} ${name}[${size / bytes}]`;
}

function typeOf(field: KernelField, bytes: number): string {
  const { type, signed } = field;
  const plain = withoutConst(type);
  if (plain.includes("*")) {
    const [base] = plain.split("*", 1);
    const stars = plain.slice(base.length);
    const known = base.trim() === "char" || base.trim() in SIZES ||
      /^(const )?struct \w+$/.test(base.trim());
    return known ? base + stars : "void *";
  }
  if (plain === "char" || bytes === 1 && SIZES[plain] === undefined) {
    return signed ? "signed char" : "unsigned char";
  }
  if (SIZES[plain] === bytes) return plain;
  switch (bytes) {
    case 2:
      return signed ? "s16" : "u16";
    case 4:
      return signed ? "s32" : "u32";
    case 8:
      return signed ? "long" : "unsigned long";
    default:
      return `struct { u8 b[${bytes}]; }`;
  }
}
