// SPDX-License-Identifier: MIT
/**
 * The differences between the reader's text and the kernel's that are intended,
 * each with its reason.
 *
 * @module
 */
import { EVENT } from "./judge.ts";

/** Stands in the oracle's text for what it does not know (`KP_ANYTHING`). */
export const ANYTHING = "\x01";

/** A difference that is no fault of the reader. */
export interface Difference {
  readonly name: string;
  /** Why the reader prints something else, in one sentence. */
  readonly why: string;
}

/** Those that kernel_print.c has already made, by the bit that reports them. */
export const IN_THE_ORACLE: readonly (Difference & { bit: number })[] = [
  {
    bit: EVENT.RAW_ADDRESS,
    name: "address for hash",
    why: "The kernel prints a hash for %p, which says nothing outside of it; " +
      "the reader prints the address, as the kernel does with hash_ptr off.",
  },
  {
    bit: EVENT.SYMBOL,
    name: "address for symbol",
    why:
      "The names for %pS are in the guest's kernel; without them, addresses " +
      "are printed as the kernel prints those that have no name.",
  },
  {
    bit: EVENT.FOREIGN,
    name: "not in the record",
    why: "The kernel prints what an address points to, which is not in the " +
      "record.",
  },
  {
    bit: EVENT.UNKNOWN,
    name: "only the kernel knows",
    why: "The argument calls a function of the kernel, or names one of its " +
      "constants or structures, which the format does not explain.",
  },
  {
    bit: EVENT.CONTROL,
    name: "control character",
    why: "The reader prints ? for a %c that is not printable.",
  },
];

/** Those that c_program.ts has made. */
export const STATEMENTS: Difference = {
  name: "statements",
  why:
    "The argument is made by statements of C, which the reader does not run.",
};

/** See `STATEMENTS`. */
export const MISSING_ENTRIES: Difference = {
  name: "names without values",
  why: "A table has names of constants for values, which only the kernel " +
    "knows; the reader prints numbers in their stead.",
};

/** Those of the kernel's stacks. */
export const STACKS: Difference = {
  name: "stacks",
  why:
    "Neither the kernel nor the reader prints a stack by its format, which " +
    "has but eight addresses; tests/vm compares them with a kernel's own.",
};

/** Those that are made here, one after the other until the texts agree. */
export const IN_THE_TEXT: readonly (Difference & {
  /** Changes what the kernel prints to what the reader prints. */
  readonly change: (text: string) => string;
})[] = [
  {
    name: "one line",
    why:
      "The reader prints line breaks of formats as blanks, and none at the " +
      "end, so that a record is one line.",
    change: (text) => {
      const line = text.replaceAll("\n", " ").trimEnd();
      // What is unknown may be nothing, so blanks before it may be at the end.
      return line.endsWith(ANYTHING)
        ? line.slice(0, -1).trimEnd() + ANYTHING
        : line;
    },
  },
];
