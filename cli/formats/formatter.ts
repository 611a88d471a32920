// SPDX-License-Identifier: MIT
/**
 * What a format is.
 *
 * @module
 */
import type { EventTable } from "../../ring/events/event_table.ts";
import type { RegionInfo } from "../../ring/header.ts";
import type { GuestEvent } from "../regions/guest_event.ts";
import type { MessageRun, RecordView } from "../../ring/record_view.ts";
import type { OutputBuffer } from "./buffer.ts";

/** What may be put in front of lines; the first is the default. */
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

/** How records are printed, whichever region's. */
export interface PrintStyle {
  /** This host's name: the one that a guest claims is not trusted. */
  readonly host: string;
  /** Whether what a terminal would obey has to be made harmless. */
  readonly safe: boolean;
  /** Whether text has colours. */
  readonly color: boolean;
  /** Time in front of lines of text. */
  readonly time: TimeStyle;
  /** Whether text gets lines about the guest's state; no if not given. */
  readonly marks?: boolean;
}

/** How the records of one region are printed. */
export interface FormatOptions extends PrintStyle {
  /** Name of the shared memory object, as the user gave it. */
  readonly object: string;
  /** Several objects are printed together: lines of text begin with the name. */
  readonly label: boolean;
}

/** The guest's kernel events; a reader's `events`. */
export type EventLookup = Pick<EventTable, "find" | "describe">;

/**
 * Appends the messages of a run, as if each was given to `record`.
 *
 * @param sizes Gets, from `end` on, two sizes of each: the bytes appended, and
 * those of its payload.
 */
export type MessagesFormat = (
  run: MessageRun,
  into: OutputBuffer,
  sizes: Uint32Array,
  end: number,
) => void;

/** Prints the records of one region. */
export interface Formatter {
  /** A faster way for many messages; null where there is none. */
  readonly messages: MessagesFormat | null;
  /**
   * Told at attach, and each time the guest has written a new header.
   *
   * @param events Of the same reader; asked about each kernel event.
   */
  attached(info: RegionInfo, events: EventLookup): void;
  /** Appends one record. Everything in it may be chosen by a hostile guest. */
  record(record: RecordView, into: OutputBuffer): void;
  /** Appends a change of the guest's state; it may hold text from the guest. */
  guest(event: GuestEvent, into: OutputBuffer): void;
  /** Tells whether a record would be printed at all. */
  shows(record: RecordView): boolean;
  /** Told of a record that is not to be printed. */
  skip(record: RecordView): void;
}

/** One format. */
export interface OutputFormat {
  /** The name by which `--format` knows it. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /** Whether no two records have equal lines. */
  readonly distinct: boolean;
  /** Whether it is meant for people, who see it on a terminal. */
  readonly forPeople: boolean;
  /** A formatter for one region: make one for each. */
  create(options: FormatOptions): Formatter;
}
