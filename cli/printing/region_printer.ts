// SPDX-License-Identifier: MIT
/**
 * Prints one region's records, round by round.
 *
 * @module
 */
import type { RegionCursor } from "../../ring/cursor.ts";
import type { RegionInfo } from "../../ring/header.ts";
import { ROUND_COST } from "../../ring/delivery.ts";
import type { DrainResult, RegionReader } from "../../ring/region_reader.ts";
import type { LiveLine } from "../../ring/live.ts";
import type {
  RecordSink,
  RecordView,
  RunSink,
} from "../../ring/record_view.ts";
import type { RecordFilter } from "./record_filter.ts";
import type { GuestEvent } from "../regions/guest_event.ts";
import type { GuestNotes } from "../regions/guest_notes.ts";
import { OopsJoiner } from "./oops_joiner.ts";
import type { Formatter } from "../formats/formatter.ts";
import type { Consumer } from "../regions/consumer.ts";
import type { Pulse, RegionWork, Round } from "../regions/region_work.ts";
import type { Tail } from "./tail.ts";
import type { Unmatched } from "./unmatched.ts";

/** What printing needs. Everything stays the caller's. */
export interface PrintOptions {
  readonly reader: RegionReader;
  /** The formatter for this object, which is given each new header. */
  readonly formatter: Formatter;
  /** Notes about the guest of this object. */
  readonly notes: GuestNotes;
  /** Takes what is printed. */
  readonly sink: RecordSink;
  /** Takes many messages at a time; null if that is not faster. */
  readonly runs: RunSink | null;
  /** Takes changes of the guest's state; null if they are not wanted. */
  readonly guests: ((event: GuestEvent) => void) | null;
  /** Whether people will see these changes where they are printed. */
  readonly guestsSeen: boolean;
  /** Whether so much has gathered that it should be written first. */
  readonly full: () => boolean;
  /** Tells what is printed; null for everything. */
  readonly filter: RecordFilter | null;
  /** Looks at what the region has, to report names that match nothing. */
  readonly unmatched: Unmatched;
  /** Tells what is not printed because it is too old; null if nothing is. */
  readonly tail: Tail | null;
  /** The most records to print; undefined for all. */
  readonly most?: number;
  /** Whether the lines of an oops are joined. */
  readonly joinOops: boolean;
  /**
   * Tells the guest what it may overwrite; null if the guest does not wait for
   * it.
   */
  readonly consumer: Consumer | null;
  /**
   * Returns the cursor up to which the guest may overwrite, or null if it is
   * unknown.
   */
  readonly consumed: () => RegionCursor | null;
  /** Whether another reader goes on where this one ends. */
  readonly handsOn: boolean;
}

/**
 * How much is read between two looks at the object, the output and other
 * regions.
 */
const STEP_COST = ROUND_COST;
/** The cost of a round that finds nothing new. */
const LOOK_COST = STEP_COST / 8;
/**
 * How many rounds a change of the guest's state waits for the records before
 * it, which are held back until those of other CPUs are there. This is enough
 * for them; while the guest goes on writing, some newer records are always held
 * back.
 */
const WAIT_ROUNDS = 3;

/** Prints one region. */
export class RegionPrinter implements RegionWork {
  readonly #options: PrintOptions;
  readonly #joiner: OopsJoiner | null;
  readonly #sink: RecordSink;
  readonly #runs: RunSink | null;
  /** Changes of the guest's state that belong behind records still to come. */
  #waiting: GuestEvent[] = [];
  #waited = 0;
  #finished = false;

  /** Begins with the header that the reader has validated. */
  constructor(options: PrintOptions) {
    this.#options = options;
    const { notes, joinOops } = options;
    const filtered = this.#filtered();
    this.#joiner = joinOops ? new OopsJoiner(filtered) : null;
    const joined = this.#joiner?.record ?? filtered;
    this.#sink = (record) => {
      notes.record(record);
      if (this.#waiting.length > 0) this.#started(record);
      joined(record);
    };
    this.#runs = this.#runsOf(options);
    this.#attached();
  }

  /** The header that the reader validated last. */
  get info(): RegionInfo {
    return this.#options.reader.info;
  }

  /** Implements `RegionWork.pulse` by looking at the memory. */
  get pulse(): Pulse {
    const { state, reason, mode, heartbeat, info } = this.#options.reader;
    return { state, reason, mode, heartbeat, driver: info.driverVersion };
  }

  /** See `RegionWork.live`. */
  live(): LiveLine {
    return this.#options.reader.live();
  }

  /** See `RegionWork.guest`. */
  guest(event: GuestEvent): boolean {
    const { guests, guestsSeen } = this.#options;
    if (guests === null) return false;
    this.#waiting.push(event);
    this.#waited = 0;
    // All records of the previous session were delivered when this one was
    // found.
    if (this.#finished || event.reason === "session") this.#tellGuests();
    return guestsSeen;
  }

  /** Whether something was delivered and is held back from printing. */
  get held(): boolean {
    return this.#joiner?.held ?? false;
  }

  /**
   * Implements `RegionWork.round`.
   *
   * @throws What `RegionReader.reattach` throws.
   */
  round(): Round {
    const { reader, full, notes } = this.#options;
    let records = 0;
    let left = STEP_COST;
    let drained: DrainResult;
    do {
      drained = reader.drain(this.#sink, this.#runs);
      records += drained.records;
      left -= Math.max(drained.spent, LOOK_COST);
    } while (drained.more && left > 0 && !full());
    const { held, more, reformatted } = drained;
    const { sessions, records: before } = reader.totals;
    const changed = reformatted && reader.reattach(this.#sink);
    // Nothing of a new session may be printed before a cursor of it is saved,
    // because a reader that begins at a cursor of the old one would print all
    // of it again.
    const turned = changed && reader.totals.sessions > sessions;
    if (turned) this.#joiner?.release(true);
    if (changed) this.#attached();
    notes.events(reader.events);
    this.#options.unmatched.saw(this, reader.info, reader.events);
    if (this.#waiting.length > 0) {
      if (!held || ++this.#waited === WAIT_ROUNDS) this.#tellGuests();
    }
    this.#joiner?.release(false);
    const round = { more, busy: records > 0 || held || more, turned };
    if (!reformatted) return round;
    // If a new session was found, these are the records of the previous one.
    const delivers = reader.totals.records > before;
    return { ...round, header: changed || delivers ? "changed" : "cleared" };
  }

  /** See `RegionWork.end`. */
  end(): void {
    const { reader } = this.#options;
    reader.endAt(reader.marks());
  }

  /** Implements `RegionWork.written`. */
  written(): void {
    const { consumer, consumed, reader } = this.#options;
    if (!this.held) consumer?.consumed(consumed(), reader.info);
  }

  /** Implements `RegionWork.finish`. */
  finish(gone: boolean): void {
    const { reader, handsOn, notes } = this.#options;
    // If another reader goes on here, it gets the messages whose end has not
    // come.
    reader.finish(this.#sink, gone || !handsOn, this.#runs);
    notes.events(reader.events);
    this.#tellGuests();
    this.#joiner?.release(true);
    this.#finished = true;
  }

  /**
   * Prints that the driver has started again, before the first record of its
   * epoch.
   */
  #started({ epoch }: RecordView): void {
    const [event] = this.#waiting;
    if (event.reason === "start" && event.epoch === epoch) this.#tellGuests();
  }

  #tellGuests(): void {
    const { guests } = this.#options;
    if (this.#waiting.length === 0) return;
    this.#joiner?.release(true);
    for (const event of this.#waiting.splice(0)) guests!(event);
  }

  /**
   * Returns a sink for many messages at a time, or null if each record has to
   * be looked at.
   */
  #runsOf({ runs, filter, tail, most }: PrintOptions): RunSink | null {
    if (runs === null || filter !== null || most !== undefined) return null;
    if (tail === null) return runs;
    return (run) => tail.takes(run) && runs(run);
  }

  /**
   * Returns a sink that filters. It comes after the joiner, because the lines
   * that are joined are wanted, or not, as one record.
   */
  #filtered(): RecordSink {
    const { filter, formatter, reader, sink, tail } = this.#options;
    let left = this.#options.most ?? Infinity;
    if (filter === null && tail === null) return sink;
    return (record) => {
      const wanted = !tail?.skips(record) &&
        (filter?.(record, reader.events) ?? true);
      const isOver = wanted && formatter.shows(record) && left-- <= 0;
      if (wanted && !isOver) sink(record);
      else formatter.skip(record);
    };
  }

  #attached(): void {
    const { reader, formatter, notes } = this.#options;
    formatter.attached(reader.info, reader.events);
    notes.attached(reader);
  }
}
