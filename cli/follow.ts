// SPDX-License-Identifier: MIT
/**
 * The loop: drain, print, sleep.
 *
 * @module
 */
import type { RegionInfo } from "../ring/header.ts";
import type { RegionReader } from "../ring/reader.ts";
import type { RecordSink } from "../ring/record_view.ts";
import type { GuestNotes } from "./guest_notes.ts";
import type { Printer } from "./printer.ts";
import { IdleSleep, yieldToSignals } from "./sleep.ts";

/** How to follow. */
export interface FollowOptions {
  /** End when what is there has been read. */
  readonly once: boolean;
  /** Aborted to end soon, after a last drain. */
  readonly stop: AbortSignal;
}

/** While there is always more, signals are looked at this often. */
const YIELD_MS = 20;

/**
 * Prints a region's records until told to stop, or nobody reads any more.
 *
 * @throws As `RegionReader.reattach` and `Printer.flush`.
 */
export async function follow(
  reader: RegionReader,
  printer: Printer,
  notes: GuestNotes,
  { once, stop }: FollowOptions,
): Promise<void> {
  const idle = new IdleSleep();
  const sink: RecordSink = (record) => {
    notes.record(record);
    printer.sink(record);
  };
  printer.attached(reader.info);
  notes.attached(reader);
  let roundsLeft = Infinity;
  let yieldedMs = performance.now();
  while (!printer.ended) {
    if ((once || stop.aborted) && roundsLeft === Infinity) {
      roundsLeft = roundsOfAll(reader.info);
    }
    const round = reader.drain(sink);
    if (round.reformatted) await reattach(reader, printer, notes, sink, stop);
    if (!round.held) notes.look(reader); // not before the records it is about
    const last = !round.more || --roundsLeft <= 0;
    if (last && roundsLeft !== Infinity) reader.finish(sink);
    await printer.flush(stop);
    if (last && roundsLeft !== Infinity) return;

    if (round.records > 0 || round.held || round.more) idle.reset();
    if (!round.more) {
      await idle.sleep(stop);
      yieldedMs = performance.now();
    } else if (performance.now() - yieldedMs > YIELD_MS) {
      await yieldToSignals();
      yieldedMs = performance.now();
    }
  }
}

/**
 * Rounds that empty every ring, however little each takes: a guest that writes
 * as fast as it is read must not keep an ending reader.
 */
export function roundsOfAll(info: RegionInfo): number {
  return Math.max(...info.rings.map((ring) => ring.nrBlocks)) + 2;
}

async function reattach(
  reader: RegionReader,
  printer: Printer,
  notes: GuestNotes,
  sink: RecordSink,
  stop: AbortSignal,
): Promise<void> {
  let done: boolean;
  try {
    done = reader.reattach(sink);
  } catch (error) {
    // What was read under the old header is still good.
    reader.finish(sink);
    await printer.flush(stop);
    throw error;
  }
  if (!done) return;
  printer.attached(reader.info);
  notes.attached(reader);
}
