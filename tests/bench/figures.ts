// SPDX-License-Identifier: MIT
/**
 * Computes what many measurements of one thing amount to.
 *
 * @module
 */

/** A figure and its spread. */
export interface Figure {
  readonly median: number;
  /** The least and the greatest that was measured. */
  readonly low: number;
  readonly high: number;
  /** How often it was measured. */
  readonly count: number;
}

/**
 * Returns the middle value; for an even number of values, the mean of the
 * middle two.
 *
 * @throws {RangeError} if there is no value, or one is not a number.
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

/**
 * Returns median and spread.
 *
 * @throws As {@linkcode median}.
 */
export function figureOf(values: readonly number[]): Figure {
  return {
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
    count: values.length,
  };
}

/**
 * Returns how many times `of` is `to`, from measurements made in pairs:
 * whatever disturbed the machine for a while has disturbed both of a pair.
 *
 * @param of One measurement for each round.
 * @param to Measurements of the same rounds.
 * @throws {RangeError} if their numbers differ.
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

/** Shows a value with three significant digits: "1234", "56.7", "0.891". */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const whole = Math.max(1, Math.floor(Math.log10(Math.abs(value) || 1)) + 1);
  return value.toFixed(Math.max(0, 3 - whole));
}

/** Shows a figure as "1.23 (1.19-1.31)". */
export function shown({ median, low, high }: Figure): string {
  return `${digits(median)} (${digits(low)}-${digits(high)})`;
}
