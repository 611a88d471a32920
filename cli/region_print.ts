// SPDX-License-Identifier: MIT
/**
 * Printing one region's records, round by round.
 *
 * @module
 */
import type { RegionInfo } from "../ring/header.ts";
import type { RegionReader } from "../ring/reader.ts";
import type { RecordSink } from "../ring/record_view.ts";
import type { RecordFilter } from "./filter.ts";
import type { GuestNotes } from "./guest_notes.ts";
import { OopsJoiner } from "./oops_joiner.ts";
import type { Formatter } from "./outputs/format.ts";
import type { RegionWork, Round } from "./regions/region_work.ts";
import type { Tail } from "./tail.ts";

/** What printing takes. All stay the caller's. */
export interface PrintOptions {
  readonly reader: RegionReader;
  /** Of this object; told of each new header. */
  readonly formatter: Formatter;
  /** Of this object. */
  readonly notes: GuestNotes;
  /** Takes what is printed. */
  readonly sink: RecordSink;
  /** What is printed; null for everything. */
  readonly filter: RecordFilter | null;
  /** What is not, because it is too old; null for nothing. */
  readonly tail: Tail | null;
  /** Whether the lines of an oops are joined. */
  readonly joinOops: boolean;
  /** Whether another reader goes on where this one ends. */
  readonly handsOn: boolean;
}

/** Prints one region. */
export class RegionPrint implements RegionWork {
  readonly #options: PrintOptions;
  readonly #joiner: OopsJoiner | null;
  readonly #sink: RecordSink;

  /** Tells of the region. */
  constructor(options: PrintOptions) {
    this.#options = options;
    const { notes, tail, formatter, joinOops } = options;
    const filtered = this.#filtered();
    this.#joiner = joinOops ? new OopsJoiner(filtered) : null;
    const joined = this.#joiner?.record ?? filtered;
    this.#sink = (record) => {
      notes.record(record);
      if (tail?.skips(record)) formatter.skip(record);
      else joined(record);
    };
    this.#attached();
  }

  /** As of the reader. */
  get info(): RegionInfo {
    return this.#options.reader.info;
  }

  /** As `RegionWork.pulse`: the memory is looked at. */
  get pulse(): { state: number; heartbeat: bigint } {
    const { state, heartbeat } = this.#options.reader;
    return { state, heartbeat };
  }

  /** Whether something was delivered and is held back from printing. */
  get held(): boolean {
    return this.#joiner?.held ?? false;
  }

  /** As `RegionWork.round`; throws as `RegionReader.reattach`. */
  round(): Round {
    const { reader, notes } = this.#options;
    const { records, held, more, reformatted } = reader.drain(this.#sink);
    const turned = reformatted && this.#reattach();
    if (!held) notes.look(reader); // not before what it is about
    this.#joiner?.release(false);
    return { more, busy: records > 0 || held || more, turned };
  }

  /** As `RegionWork.finish`. */
  finish(gone: boolean): void {
    const { reader, handsOn } = this.#options;
    // Another reader gets messages whole that are under way.
    reader.finish(this.#sink, gone || !handsOn);
    this.#joiner?.release(true);
  }

  #filtered(): RecordSink {
    const { filter, formatter, reader, sink } = this.#options;
    if (filter === null) return sink;
    return (record) => {
      if (filter(record, reader.events)) sink(record);
      else formatter.skip(record);
    };
  }

  #attached(): void {
    const { reader, formatter, notes } = this.#options;
    formatter.attached(reader.info, reader.events);
    notes.attached(reader);
  }

  /**
   * @returns Whether it is a new session. Nothing of it must be printed before
   * a cursor of it is saved: one of the old would have all of it printed again.
   */
  #reattach(): boolean {
    const { reader } = this.#options;
    const { sessions } = reader.totals;
    if (!reader.reattach(this.#sink)) return false;
    const turned = reader.totals.sessions > sessions;
    if (turned) this.#joiner?.release(true);
    this.#attached();
    return turned;
  }
}
