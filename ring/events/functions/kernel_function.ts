// SPDX-License-Identifier: MIT
/**
 * What the kernel's own functions get and give, and helpers for them.
 *
 * @module
 */

/** The arguments of a call, each kind in its order. */
export interface Values {
  /** Numbers with the value that they have in C. */
  readonly numbers: readonly bigint[];
  /** What is at addresses in the record: the bytes up to the field's end. */
  readonly places: readonly Uint8Array[];
  /** Texts in printable ASCII. */
  readonly texts: readonly string[];
}

/**
 * Returns what a function of the kernel prints: printable ASCII, and no more
 * than 512 characters and 8 for each byte of its places.
 *
 * @returns Null if that cannot be told.
 */
export type KernelFunction = (values: Values) => string | null;

/**
 * Functions by their signature: a name and the kinds of the arguments, in their
 * order: `n` for a number, `a` for an address in the record, `t` for a text.
 * The kernel's own buffers are no arguments. Signatures with the same function
 * are separated by "|".
 */
export type KernelFunctions = Readonly<Record<string, KernelFunction>>;

/** Names of numbers. */
export type NamesByNumber = Readonly<Record<number, string>>;

/** Bits of a number, and their names. */
export type NamedBits = readonly (readonly [mask: number, name: string])[];

/** Converts a number to C's `u8`. */
export const u8 = (value: bigint): number => Number(value & 0xffn);

/** Converts a number to C's `u16`. */
export const u16 = (value: bigint): number => Number(value & 0xffffn);

/** Converts a number to C's `u32`. */
export const u32 = (value: bigint): number => Number(value & 0xffff_ffffn);

/** Returns some bits of a number of 32 bits. */
export function bitsOf(value: number, lowest: number, count: number): number {
  return (value >>> lowest) % 2 ** count;
}

/** Returns lower-case hex digits, at least `digits` of them. */
export function hex(value: number | bigint, digits = 1): string {
  return value.toString(16).padStart(digits, "0");
}

/** Returns a number as `%#x` prints it. */
export const hex0x = (value: number | bigint): string => `0x${hex(value)}`;

/**
 * Makes a function that names a number.
 *
 * @param convert What C does when the number is passed.
 */
export function named(
  convert: (value: bigint) => number,
  names: NamesByNumber,
  other: string,
): KernelFunction {
  return ({ numbers: [value] }) => names[convert(value)] ?? other;
}

/** Returns the names of the bits that are set, each with a blank behind it. */
export function namesOfBits(value: number, bits: NamedBits): string {
  return bits.filter(([mask]) => (value & mask) !== 0)
    .map(([, name]) => `${name} `).join("");
}

/**
 * Returns a letter for each bit, upper-case if it is set.
 *
 * @param bits Each bit's number and its letter, such as "0C 1E".
 */
export function letters(value: number, bits: string, separator = ":"): string {
  return bits.split(" ").map((bit) => {
    const letter = bit.at(-1)!;
    const set = value >>> Number(bit.slice(0, -1)) & 1;
    return set ? letter.toUpperCase() : letter.toLowerCase();
  }).join(separator);
}

/** Returns a view for numbers at a place. */
function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Returns text up to its NUL, or to its field's end, with "?" for control. */
export function textAt(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const shown = end < 0 ? bytes : bytes.subarray(0, end);
  let text = "";
  for (const byte of shown) {
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?";
  }
  return text;
}

/**
 * Makes a function that reads at its first place.
 *
 * @param describe May read beyond the place's end, which throws a RangeError;
 * then nothing can be told, because the kernel prints what is in its memory.
 */
export function reading(
  describe: (view: DataView, values: Values) => string,
): KernelFunction {
  return (values) => {
    try {
      return describe(viewOf(values.places[0]), values);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  };
}
