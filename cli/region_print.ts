// SPDX-License-Identifier: MIT
/**
 * Printing one region's records, round by round.
 *
 * @module
 */
import type { RegionCursor } from "../ring/cursor.ts";
import type { RegionInfo } from "../ring/header.ts";
import type { RegionReader } from "../ring/reader.ts";
import type { RecordSink, RunSink } from "../ring/record_view.ts";
import type { RecordFilter } from "./filter.ts";
import type { GuestNotes } from "./guest_notes.ts";
import { OopsJoiner } from "./oops_joiner.ts";
import type { Formatter } from "./outputs/format.ts";
import type { Consumer } from "./regions/consumer.ts";
import type { Pulse, RegionWork, Round } from "./regions/region_work.ts";
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
  /** Takes messages many at a time, if that is faster. */
  readonly runs: RunSink | null;
  /** Whether so much has gathered that it should be written first. */
  readonly full: () => boolean;
  /** What is printed; null for everything. */
  readonly filter: RecordFilter | null;
  /** What is not, because it is too old; null for nothing. */
  readonly tail: Tail | null;
  /** Whether the lines of an oops are joined. */
  readonly joinOops: boolean;
  /** Told what the guest may overwrite; null if it is not to wait. */
  readonly consumer: Consumer | null;
  /** What that is, of what was written; null while it is not known. */
  readonly consumed: () => RegionCursor | null;
  /** Whether another reader goes on where this one ends. */
  readonly handsOn: boolean;
}

/** What is read between two looks at the object, the output and the others. */
const DRAINS = 8;

/** Prints one region. */
export class RegionPrint implements RegionWork {
  readonly #options: PrintOptions;
  readonly #joiner: OopsJoiner | null;
  readonly #sink: RecordSink;
  readonly #runs: RunSink | null;

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
    this.#runs = this.#runsOf(options);
    this.#attached();
  }

  /** As of the reader. */
  get info(): RegionInfo {
    return this.#options.reader.info;
  }

  /** As `RegionWork.pulse`: the memory is looked at. */
  get pulse(): Pulse {
    const { state, mode, heartbeat } = this.#options.reader;
    return { state, mode, heartbeat };
  }

  /** Whether something was delivered and is held back from printing. */
  get held(): boolean {
    return this.#joiner?.held ?? false;
  }

  /** As `RegionWork.round`; throws as `RegionReader.reattach`. */
  round(): Round {
    const { reader, notes, full } = this.#options;
    let drained = reader.drain(this.#sink, this.#runs);
    for (let i = 1; i < DRAINS && drained.more && !full(); i++) {
      drained = reader.drain(this.#sink, this.#runs);
    }
    const { records, held, more, reformatted } = drained;
    const turned = reformatted && this.#reattach();
    if (!held) notes.look(reader); // not before what it is about
    this.#joiner?.release(false);
    return { more, busy: records > 0 || held || more, turned };
  }

  /** As `RegionWork.written`. */
  written(): void {
    const { consumer, consumed, reader } = this.#options;
    if (!this.held) consumer?.consumed(consumed(), reader.info);
  }

  /** As `RegionWork.finish`. */
  finish(gone: boolean): void {
    const { reader, handsOn, notes } = this.#options;
    // Another reader gets messages whole that are under way.
    reader.finish(this.#sink, gone || !handsOn, this.#runs);
    // The last round may have held back what it is about. Where the object is
    // gone its memory may be, too.
    if (!gone) notes.look(reader);
    this.#joiner?.release(true);
  }

  /** Where each record has to be looked at, they come one by one. */
  #runsOf({ runs, filter, tail }: PrintOptions): RunSink | null {
    if (runs === null || filter !== null) return null;
    if (tail === null) return runs;
    return (run) => !tail.watches(run.ring) && runs(run);
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
