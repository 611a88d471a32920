// SPDX-License-Identifier: MIT
/**
 * What many measurements of one thing amount to.
 *
 * @module
 */

/** A figure and its spread. */
export interface Figure {
  readonly median: number;
  /** Least and greatest of what was measured. */
  readonly low: number;
  readonly high: number;
  /** How often it was measured. */
  readonly count: number;
}

/**
 * The middle one; of an even number the mean of the middle two.
 *
 * @throws {RangeError} if there is none, or one is not a number.
 */
export function median(values: readonly number[]): number {
  if (values.length === 0 || values.some(Number.isNaN)) {
    throw new RangeError(`no median of [${values}]`);
  }
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median and spread. @throws As {@linkcode median}. */
export function figureOf(values: readonly number[]): Figure {
  return {
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
    count: values.length,
  };
}

/**
 * How many times `of` is `to`, from measurements made in pairs: whatever
 * disturbed the machine for a while has disturbed both of a pair.
 *
 * @param of One measurement a round. @param to Of the same rounds.
 * @throws {RangeError} if they are not as many.
 */
export function ratioOf(
  of: readonly number[],
  to: readonly number[],
): Figure {
  if (of.length !== to.length) {
    throw new RangeError(`${of.length} rounds against ${to.length}`);
  }
  return figureOf(of.map((value, i) => value / to[i]));
}

/** Three digits that count: "1234", "56.7", "0.891". */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const whole = Math.max(1, Math.floor(Math.log10(Math.abs(value) || 1)) + 1);
  return value.toFixed(Math.max(0, 3 - whole));
}

/** "1.23 (1.19-1.31)". */
export function shown({ median, low, high }: Figure): string {
  return `${digits(median)} (${digits(low)}-${digits(high)})`;
}
