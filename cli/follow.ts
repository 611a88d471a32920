// SPDX-License-Identifier: MIT
/**
 * The loop: drain, print, sleep.
 *
 * @module
 */
import type { RegionInfo } from "../ring/header.ts";
import type { RegionReader } from "../ring/reader.ts";
import type { RecordSink } from "../ring/record_view.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { LossError } from "./errors.ts";
import type { GuestNotes } from "./guest_notes.ts";
import type { ObjectWatch } from "./object_watch.ts";
import type { Printer } from "./printer.ts";
import { IdleSleep, yieldToSignals } from "./sleep.ts";

/** How to follow. */
export interface FollowOptions {
  /** End when what is there has been read. */
  readonly once: boolean;
  /** Aborted to end soon, after a last drain. */
  readonly stop: AbortSignal;
  /** What the region is mapped from. */
  readonly object: ObjectWatch;
}

/** While there is always more, signals are looked at this often. */
const YIELD_MS = 20;

/** Prints a region's records. */
export class Follower {
  readonly #reader: RegionReader;
  readonly #printer: Printer;
  readonly #notes: GuestNotes;
  readonly #checkpoint: Checkpoint;
  readonly #sink: RecordSink;

  /** All stay the caller's. */
  constructor(
    reader: RegionReader,
    printer: Printer,
    notes: GuestNotes,
    checkpoint: Checkpoint,
  ) {
    this.#reader = reader;
    this.#printer = printer;
    this.#notes = notes;
    this.#checkpoint = checkpoint;
    this.#sink = (record) => {
      notes.record(record);
      printer.sink(record);
    };
  }

  /**
   * Follows until told to stop, nobody reads any more, or another object has
   * taken the place of the one that is read.
   *
   * @throws {CommandError} if the object was truncated.
   * @throws {LossError} if records were lost and `exitOnLoss` is set.
   * @throws As `RegionReader.reattach` and `Printer.flush`.
   */
  async run(
    { once, stop, object, exitOnLoss }: FollowOptions & {
      readonly exitOnLoss: boolean;
    },
  ): Promise<void> {
    const reader = this.#reader;
    const printer = this.#printer;
    const idle = new IdleSleep();
    this.#attached();
    let roundsLeft = Infinity;
    let yieldedMs = performance.now();
    while (!printer.ended) {
      const ending = once || stop.aborted || object.replaced();
      if (ending && roundsLeft === Infinity) {
        roundsLeft = roundsOfAll(reader.info);
      }
      const truncation = object.truncation();
      if (truncation !== null) {
        await this.#deliverHeld(stop);
        throw truncation;
      }
      const round = reader.drain(this.#sink);
      if (round.reformatted) await this.#reattach(stop);
      if (!round.held) this.#notes.look(reader); // not before what it is about
      const loss = exitOnLoss ? lossText(reader) : "";
      const last = !round.more || --roundsLeft <= 0;
      const ended = loss !== "" || (last && roundsLeft !== Infinity);
      if (ended) {
        // Another reader gets messages whole that are under way.
        const handOn = this.#checkpoint.resumable && !object.replaced();
        reader.finish(this.#sink, !handOn);
      }
      await this.#flush(stop, ended);
      if (loss !== "") throw new LossError(loss);
      if (ended) return;

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

  #attached(): void {
    this.#printer.attached(this.#reader.info);
    this.#notes.attached(this.#reader);
  }

  /** @param now Whether the cursor has to be saved in any case. */
  async #flush(stop: AbortSignal, now = false): Promise<void> {
    await this.#printer.flush(stop);
    if (this.#printer.settled) this.#checkpoint.reached(this.#reader, now);
  }

  /** Prints what was read and not delivered yet. */
  async #deliverHeld(stop: AbortSignal): Promise<void> {
    this.#reader.finish(this.#sink);
    await this.#flush(stop, true);
  }

  async #reattach(stop: AbortSignal): Promise<void> {
    const { sessions } = this.#reader.totals;
    let done: boolean;
    try {
      done = this.#reader.reattach(this.#sink);
    } catch (error) {
      // What was read under the old header is still good.
      await this.#deliverHeld(stop);
      throw error;
    }
    if (!done) return;
    // Before anything of a new session is printed: a cursor of the old one would
    // have all of it printed again.
    if (this.#reader.totals.sessions > sessions) await this.#flush(stop, true);
    this.#attached();
  }
}

/** @returns Why to end; "" if nothing was lost. */
function lossText({ totals }: RegionReader): string {
  const { lost, dropped } = totals;
  return lost + dropped === 0
    ? ""
    : `${lost} records lost, ${dropped} dropped: ending, as --exit-on-loss says`;
}

/**
 * Rounds that empty every ring, however little each takes: a guest that writes
 * as fast as it is read must not keep an ending reader.
 */
export function roundsOfAll(info: RegionInfo): number {
  return Math.max(...info.rings.map((ring) => ring.nrBlocks)) + 2;
}
