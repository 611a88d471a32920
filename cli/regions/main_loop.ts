// SPDX-License-Identifier: MIT
/**
 * The main loop: it reads one round of each region that is due, writes what was
 * read, and sleeps until the next region is due.
 *
 * @module
 */
import type { Totals } from "../../ring/totals.ts";
import { LossError } from "../errors.ts";
import type { Messages } from "../console/messages.ts";
import type { Regions } from "./regions.ts";
import { summaryText } from "../console/summary.ts";
import type { Waiter } from "./sleep_until_ready.ts";

/** The output of what is read. */
export interface FollowOutput {
  /** Whether it takes no more. */
  readonly ended: boolean;
  /** Whether its buffer is so full that it has to be written first. */
  readonly full: boolean;
  /**
   * Writes what is in the buffer.
   *
   * @param turned Whether a session or an object was read to its end.
   */
  flush(turned: boolean): Promise<void>;
}

/** How to follow. */
export interface FollowOptions {
  /** Sleeps between two rounds. */
  readonly waiter: Waiter;
  /** Whether to end once a record is lost. */
  readonly exitOnLoss: boolean;
  readonly messages: Messages;
}

/** How often signals have a turn while there is always more: it takes 2 ms. */
const YIELD_MS = 100;
/** How often guests see that their consumer is alive while it is writing. */
const BEAT_MS = 1000;

/**
 * Follows until all regions have ended, or the output takes no more; then
 * reports the totals.
 *
 * @throws {LossError} if records were lost and `exitOnLoss` is set.
 * @throws What `Regions.settle` and `flush` throw.
 */
export async function follow(
  regions: Regions,
  output: FollowOutput,
  options: FollowOptions,
): Promise<void> {
  let failed = true;
  try {
    await loop(regions, output, options);
    failed = false;
  } finally {
    regions.tell();
    const sum = summaryText(regions.totals());
    if (!failed || regions.begun) options.messages.note(sum);
  }
}

async function loop(
  regions: Regions,
  output: FollowOutput,
  { waiter, exitOnLoss }: FollowOptions,
): Promise<void> {
  let yieldedMs = performance.now();
  while (!output.ended) {
    let turned = false;
    for (const life of regions.due()) {
      const round = life.step();
      turned ||= round.turned;
      if (output.full) await flush(regions, output, turned);
    }
    const loss = exitOnLoss ? lossText(regions.totals()) : "";
    if (loss !== "") regions.finish();
    await flush(regions, output, turned || loss !== "");
    regions.settle();
    if (loss !== "") throw new LossError(loss);
    if (regions.ended) return;
    const nowMs = performance.now();
    const ms = regions.dueMs - nowMs;
    if (ms <= 0 && nowMs - yieldedMs <= YIELD_MS) continue;
    await waiter.wait(Math.max(0, ms));
    yieldedMs = performance.now();
  }
}

async function flush(
  regions: Regions,
  output: FollowOutput,
  turned: boolean,
): Promise<void> {
  if (!regions.tells) return await output.flush(turned);
  const timer = setInterval(() => regions.beat(), BEAT_MS);
  try {
    await output.flush(turned);
  } finally {
    clearInterval(timer);
  }
}

/** Returns why to end; "" if nothing was lost. */
function lossText({ lost, dropped }: Totals): string {
  return lost + dropped === 0
    ? ""
    : `${lost} records lost, ${dropped} dropped: ending, as --exit-on-loss says`;
}
