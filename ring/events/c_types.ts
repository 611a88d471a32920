// SPDX-License-Identifier: MIT
/**
 * The C types of numbers that kernel events use, on a 64-bit guest.
 *
 * @module
 */

/** A C integer type. */
export interface CType {
  /** Its size: 1, 2, 4 or 8. */
  readonly bytes: number;
  /** Whether it has negative values. */
  readonly signed: boolean;
}

const NAMES: readonly (readonly [bytes: number, signed: boolean, string])[] = [
  [1, true, "char|signed char|s8|__s8|int8_t"],
  [1, false, "unsigned char|u8|__u8|uint8_t|bool|_Bool"],
  [2, true, "short|short int|s16|__s16|int16_t"],
  [2, false, "unsigned short|u16|__u16|uint16_t|__be16|__le16|umode_t"],
  [4, true, "int|signed int|signed|s32|__s32|int32_t|pid_t"],
  [4, false, "unsigned int|unsigned|u32|__u32|uint32_t|__be32|__le32|gfp_t"],
  [8, true, "long|long int|long long|s64|__s64|int64_t|ssize_t|loff_t"],
  [8, false, "unsigned long|unsigned long long|unsigned long int"],
  [8, false, "u64|__u64|uint64_t|__be64|__le64|size_t|uintptr_t"],
];

const TYPES: ReadonlyMap<string, CType> = new Map(
  NAMES.flatMap(([bytes, signed, names]) =>
    names.split("|").map((name): [string, CType] => [name, { bytes, signed }])
  ),
);

/**
 * Looks up a type by its words, without regard to `const` and `volatile`.
 *
 * @returns Null if it is not known.
 */
export function cTypeOf(type: string): CType | null {
  const words = type.split(/\s+/).filter((word) =>
    word !== "" && word !== "const" && word !== "volatile"
  );
  return TYPES.get(words.join(" ")) ?? null;
}
