// SPDX-License-Identifier: MIT
/**
 * Points in time, on the clocks of guests.
 *
 * @module
 */

/** A point in time: epoch, then clock ticks in two halves. */
export interface Time {
  epoch: number;
  high: number;
  low: number;
}

/** A time before all others. */
export const DAWN: Readonly<Time> = { epoch: -1, high: 0, low: 0 };

/** Copies a time, field by field because this is done for each record. */
export function setTime(to: Time, from: Readonly<Time>): void {
  to.epoch = from.epoch;
  to.high = from.high;
  to.low = from.low;
}

/** Tells whether `a` is before `b`. */
export function before(a: Readonly<Time>, b: Readonly<Time>): boolean {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch;
  return a.high < b.high || (a.high === b.high && a.low < b.low);
}
