// SPDX-License-Identifier: MIT
/**
 * Numbers on the command line.
 *
 * @module
 */
import { UsageError } from "./errors.ts";

/**
 * A whole number from 1 on.
 *
 * @param flag As help shows it. @param most The largest, below 10^9.
 * @throws {UsageError} naming the flag.
 */
export function wholeNumber(flag: string, text: string, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new UsageError(
    `option ${flag}: "${text}" is no whole number from 1 to ${most}`,
  );
}
