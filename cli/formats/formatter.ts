// SPDX-License-Identifier: MIT
/**
 * The interfaces of an output format.
 *
 * @module
 */
import type { EventTable } from "../../ring/events/event_table.ts";
import type { RegionInfo } from "../../ring/header.ts";
import type { GuestEvent } from "../regions/guest_event.ts";
import type { MessageRun, RecordView } from "../../ring/record_view.ts";
import type { OutputBuffer } from "./output_buffer.ts";

/**
 * The kinds of time that may stand in front of lines; the first is the default.
 */
export const TIME_STYLES = [
  "auto",
  "uptime",
  "utc",
  "local",
  "raw",
  "none",
] as const;

/** One of `TIME_STYLES`. */
export type TimeStyle = typeof TIME_STYLES[number];

/** How records are printed, the same for all regions. */
export interface PrintStyle {
  /** This host's name: the one that a guest claims is not trusted. */
  readonly host: string;
  /** Whether the guest's text has to be made safe for a terminal. */
  readonly safe: boolean;
  /** Whether text has colours. */
  readonly color: boolean;
  /** The time in front of lines of text. */
  readonly time: TimeStyle;
  /**
   * Whether text has lines about changes of the guest's state; false if not
   * given.
   */
  readonly marks?: boolean;
}

/** How the records of one region are printed. */
export interface FormatOptions extends PrintStyle {
  /** The name of the shared memory object, as the user gave it. */
  readonly object: string;
  /**
   * Whether lines of text begin with the object's name, because several objects
   * are printed together.
   */
  readonly label: boolean;
}

/** The descriptions of a guest's kernel events: the `events` of its reader. */
export type EventLookup = Pick<
  EventTable,
  "find" | "describe" | "pass" | "tasks" | "symbols"
>;

/**
 * Appends the messages of a run, as if each was given to `record`.
 *
 * @param sizes Receives two sizes for each message, from index `end` on: the
 * bytes appended, and the bytes of its payload.
 */
export type MessagesFormat = (
  run: MessageRun,
  into: OutputBuffer,
  sizes: Uint32Array,
  end: number,
) => void;

/** Prints the records of one region. */
export interface Formatter {
  /**
   * Appends many messages at once, which is faster; null if that is not
   * possible.
   */
  readonly messages: MessagesFormat | null;
  /**
   * Takes a header: the first one, and each new one that the guest writes.
   *
   * @param events The descriptions that the same reader has; they are looked up
   * for each kernel event.
   */
  attached(info: RegionInfo, events: EventLookup): void;
  /** Appends one record. Everything in it may be chosen by a hostile guest. */
  record(record: RecordView, into: OutputBuffer): void;
  /** Appends a change of the guest's state; it may hold text from the guest. */
  guest(event: GuestEvent, into: OutputBuffer): void;
  /** Tells whether a record would be printed at all. */
  shows(record: RecordView): boolean;
  /**
   * Takes a record that is not printed, because it may announce the clock of
   * the records after it.
   */
  skip(record: RecordView): void;
}

/** One format. */
export interface OutputFormat {
  /** The name that `--format` takes. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /** Whether no two records have equal lines. */
  readonly distinct: boolean;
  /** Whether it is meant for people, who see it on a terminal. */
  readonly forPeople: boolean;
  /** Makes a formatter for one region. Each region needs its own. */
  create(options: FormatOptions): Formatter;
}
