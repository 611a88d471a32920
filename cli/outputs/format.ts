// SPDX-License-Identifier: MIT
/**
 * What a format is.
 *
 * @module
 */
import type { RegionInfo } from "../../ring/header.ts";
import type { RecordView } from "../../ring/record_view.ts";
import type { OutputBuffer } from "./buffer.ts";

/** Prints the records of one reader. */
export interface Formatter {
  /** Told at attach, and each time the guest has written a new header. */
  attached(info: RegionInfo): void;
  /** Appends one record. Everything in it may be chosen by a hostile guest. */
  record(record: RecordView, into: OutputBuffer): void;
}

/** One format. */
export interface OutputFormat {
  /** As `--format` takes it. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /**
   * @param object Name of the shared memory object, as the user gave it.
   * @param safe Whether what a terminal would obey has to be made harmless.
   */
  create(object: string, safe: boolean): Formatter;
}
