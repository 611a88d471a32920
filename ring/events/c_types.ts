// SPDX-License-Identifier: MIT
/**
 * The C types of numbers that kernel events use, on a 64-bit guest, and how C
 * converts between them.
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

export const INT: CType = { bytes: 4, signed: true };
export const UNSIGNED_INT: CType = { bytes: 4, signed: false };
export const LONG: CType = { bytes: 8, signed: true };
export const UNSIGNED_LONG: CType = { bytes: 8, signed: false };

const NAMES: readonly (readonly [bytes: number, signed: boolean, string])[] = [
  [1, true, "char|s8|__s8|int8_t"],
  [1, false, "u8|__u8|uint8_t|u_int8_t|uchar|bool|_Bool"],
  [2, true, "s16|__s16|int16_t"],
  [2, false, "u16|__u16|uint16_t|u_int16_t|ushort|umode_t|sa_family_t"],
  [2, false, "__be16|__le16|__sum16"],
  [4, true, "s32|__s32|int32_t|pid_t|key_t|clockid_t|mqd_t|timer_t"],
  [4, true, "key_serial_t|qid_t|rwf_t|nl_pid_t|wait_queue_t"],
  [4, false, "u32|__u32|uint32_t|u_int32_t|uint|gfp_t|fmode_t|slab_flags_t"],
  [4, false, "__be32|__le32|__wsum|dev_t|uid_t|gid_t|blk_opf_t|nid_t|errseq_t"],
  [4, false, "projid_t|block_t|ext4_lblk_t|tid_t|xfs_agnumber_t|vm_fault_t"],
  [
    8,
    true,
    "s64|__s64|int64_t|ssize_t|loff_t|off_t|ktime_t|time64_t|ptrdiff_t",
  ],
  [8, true, "intptr_t|xfs_off_t|__kernel_loff_t"],
  [8, false, "u64|__u64|uint64_t|u_int64_t|ulong|size_t|uintptr_t|__be64"],
  [8, false, "__le64|sector_t|blkcnt_t|ino_t|dma_addr_t|phys_addr_t"],
  [
    8,
    false,
    "resource_size_t|pgoff_t|gfn_t|gpa_t|hva_t|pfn_t|kuid_t|cpumask_t",
  ],
  [8, false, "binder_uintptr_t|binder_size_t|ext4_fsblk_t|pteval_t|pmdval_t"],
  [8, false, "pudval_t|p4dval_t|pgdval_t|pte_t|pmd_t|pud_t|p4d_t|pgd_t"],
  [
    8,
    false,
    "aio_context_t|xfs_ino_t|xfs_daddr_t|xfs_fsblock_t|netdev_features_t",
  ],
];

const TYPES: ReadonlyMap<string, CType> = new Map(
  NAMES.flatMap(([bytes, signed, names]) =>
    names.split("|").map((name): [string, CType] => [name, { bytes, signed }])
  ),
);

/** Words that say nothing about a number's size and sign. */
const QUALIFIERS = new Set(
  ["const", "volatile", "__user", "__force", "__rcu", "register", "static"],
);
/** The words of C's own integer types, in any order. */
const BASIC = new Set(["unsigned", "signed", "char", "short", "int", "long"]);

/** Tells whether a word can only belong to a type. */
export function isTypeWord(word: string): boolean {
  return QUALIFIERS.has(word) || BASIC.has(word) || TYPES.has(word) ||
    word === "struct" || word === "union" || word === "enum" || word === "void";
}

/**
 * Looks up a type by its words, without regard to `const` and its like.
 *
 * @returns Null if it is not known.
 */
export function cTypeOf(type: string): CType | null {
  const words = type.split(/\s+/).filter((word) =>
    word !== "" && !QUALIFIERS.has(word)
  );
  if (words.length === 1 && !BASIC.has(words[0])) {
    return TYPES.get(words[0]) ?? null;
  }
  if (words[0] === "enum" && words.length === 2) return UNSIGNED_INT;
  if (words.length === 0 || !words.every((word) => BASIC.has(word))) {
    return null;
  }
  const signed = !words.includes("unsigned");
  if (words.includes("char")) return { bytes: 1, signed };
  if (words.includes("short")) return { bytes: 2, signed };
  return { bytes: words.includes("long") ? 8 : 4, signed };
}

/** Returns the type that a value has in an expression: no smaller than `int`. */
export function promoted(type: CType): CType {
  return type.bytes < INT.bytes ? INT : type;
}

/**
 * Returns the type in which C computes with two numbers.
 * Source: C11, 6.3.1.8.
 */
export function commonType(left: CType, right: CType): CType {
  const a = promoted(left);
  const b = promoted(right);
  if (a.bytes !== b.bytes) return a.bytes > b.bytes ? a : b;
  return a.signed ? b : a;
}
