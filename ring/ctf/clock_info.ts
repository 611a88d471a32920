// SPDX-License-Identifier: MIT
/**
 * The clock of a trace, and the range of times that other tools can show.
 *
 * @module
 */
import type { RegionInfo } from "../header.ts";

/** What a header says about the guest's clock. */
export type ClockInfo = Pick<RegionInfo, "clockId" | "clockHz">;

/** A moment on the guest's clock, and the UTC that the guest claims for it. */
export interface ClockPair {
  readonly ticks: bigint;
  readonly utcNs: bigint;
}

const NS_PER_S = 1_000_000_000n;
/**
 * Tools count nanoseconds since 1970 in 63 bits, and refuse to open anything if
 * a single time is beyond that. Half of the range is for the clock's origin,
 * half for what it counts: 146 years each.
 */
const HALF_NS = 1n << 62n;
/** The most ticks, whatever their length. */
const TICKS_MAX = (1n << 63n) - 1n;

/** Returns the last time of a clock that tools can show, in its ticks. */
export function latestTicks({ clockHz }: ClockInfo): bigint {
  // Without a clock, tools take ticks to be nanoseconds.
  const hz = clockHz === 0 ? NS_PER_S : BigInt(clockHz);
  const ticks = HALF_NS * hz / NS_PER_S;
  return ticks < TICKS_MAX ? ticks : TICKS_MAX;
}

/**
 * Returns the time from the Unix epoch to the clock's zero: whole seconds, then
 * ticks. Zero if it is unknown, or if the guest's claim makes no sense.
 */
export function clockOffset(
  { clockHz }: ClockInfo,
  pair: ClockPair | null,
): { seconds: bigint; ticks: bigint } {
  const hz = BigInt(clockHz);
  const ticks = pair === null ? -1n : pair.utcNs * hz / NS_PER_S - pair.ticks;
  const seconds = ticks / hz;
  if (ticks < 0n || seconds >= HALF_NS / NS_PER_S) {
    return { seconds: 0n, ticks: 0n };
  }
  return { seconds, ticks: ticks % hz };
}
