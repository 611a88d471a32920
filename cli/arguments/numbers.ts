// SPDX-License-Identifier: MIT
/**
 * Parsers of numbers and sizes on the command line.
 *
 * @module
 */
import { ValueError } from "../errors.ts";
import type { CpuRange } from "../printing/record_filter.ts";

/** Parses an option's value as a number. @throws {ValueError} */
export type NumberParser = (text: string) => number;

/**
 * Makes a parser of whole numbers.
 *
 * @param least The smallest. @param most The largest, below 10^9.
 */
export function wholeNumber(least: number, most: number): NumberParser {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new ValueError(
      `"${text}" is no whole number from ${least} to ${most}`,
    );
  };
}

/** Which sizes are allowed. */
export interface SizeRules {
  /** The unit of a number without one; also shown in help and messages. */
  readonly bare: "bytes" | "MiB";
  readonly leastBytes: number;
  readonly mostBytes: number;
  /** Whether it has to be a power of two. */
  readonly power?: boolean;
}

/** Bytes of each unit, under the lower-case names that are understood. */
const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  m: 2 ** 20,
  mib: 2 ** 20,
  g: 2 ** 30,
  gib: 2 ** 30,
  t: 2 ** 40,
  tib: 2 ** 40,
};

/**
 * Makes a parser of sizes: a whole number, and a unit in any case, such as
 * "64k", "64 KiB", "2M", "1G". Units are powers of 1024, as QEMU has them.
 *
 * @returns A parser that returns bytes.
 */
export function byteSize(rules: SizeRules): NumberParser {
  const { bare, leastBytes, mostBytes, power } = rules;
  return (text) => {
    const [, digits, unit] =
      /^(\d{1,15})\s*([a-z]*)$/.exec(text.toLowerCase()) ?? [];
    if (digits !== undefined && /^[kmgt]b$/.test(unit)) {
      // Refused, because some read kB as 1000 bytes, and others as 1024.
      throw new ValueError(
        `"${text}" may count by 1000 or by 1024: give ${digits}` +
          `${unit[0].toUpperCase()}iB or the number of bytes, ` +
          `such as ${Number(digits) * UNITS[unit[0]]}B`,
      );
    }
    const factor = UNITS[unit || bare.toLowerCase()] ?? NaN;
    const bytes = Number(digits) * factor;
    const fits = bytes >= leastBytes && bytes <= mostBytes;
    if (fits && (!power || Number.isInteger(Math.log2(bytes)))) return bytes;
    throw new ValueError(
      `"${text}" is no ${power ? "power of two" : "size"} from ` +
        `${sizeText(leastBytes)} to ${sizeText(mostBytes)}, such as ` +
        `${bare === "MiB" ? "2 or 2M" : "4096 or 64K"}; ` +
        `without a unit it counts ${bare}`,
    );
  };
}

/** Returns a size in the largest unit that divides it, such as "64K". */
function sizeText(bytes: number): string {
  const [unit, factor] =
    Object.entries(UNITS).findLast(([name, each]) =>
      name.length === 1 && bytes % each === 0 && bytes >= each
    ) ?? ["", 1];
  return `${bytes / factor}${unit.toUpperCase()}`;
}

/**
 * Parses the value of `-n`: a whole number from 0 on. A dash before it changes
 * nothing; it is accepted because tail(1) takes one.
 *
 * @throws {ValueError}
 */
export function lineCount(text: string): number {
  // The limit bounds the memory: each record that is remembered takes 16 bytes.
  return wholeNumber(0, 1_000_000)(text.replace(/^-(?=\d)/, ""));
}

/**
 * Parses permission bits that let only the owner write.
 *
 * @throws {ValueError}
 */
export function ownersMode(text: string): number {
  const mode = /^[0-7]{3,4}$/.test(text) ? parseInt(text, 8) : -1;
  if (mode < 0 || mode > 0o777) {
    throw new ValueError(`"${text}" is no octal mode like 600`);
  }
  if ((mode & 0o022) === 0) return mode;
  throw new ValueError(
    `${text} lets others than the owner write: no object that they can write ` +
      "to is read",
  );
}

/** CPU numbers have to be below this. */
const CPUS_MAX = 4096;

/** Parses a list of CPUs such as "0,2-3". @throws {ValueError} */
export function cpuRanges(text: string): CpuRange[] {
  return text.split(",").map((part) => {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match !== null && to >= from && to < CPUS_MAX) return { from, to };
    throw new ValueError(`"${text}" is no list of CPUs such as 0,2-3`);
  });
}
