// SPDX-License-Identifier: MIT
/**
 * Prints a kernel event's fields as text.
 *
 * @module
 */
import type { EventFormat } from "../../ring/events/event_format.ts";
import {
  printArgument,
  printEvent,
  type PrintSink,
} from "../../ring/events/event_print.ts";
import type { PrintArgument } from "../../ring/events/print_format.ts";
import type { Symbols } from "../../ring/events/symbols.ts";
import type { RecordView } from "../../ring/record_view.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import { appendSafe } from "./terminal.ts";

/** Appends what is printed to a buffer. */
class BufferSink implements PrintSink {
  into!: OutputBuffer;

  text(ascii: string): void {
    this.into.appendText(ascii);
  }

  /**
   * Appends bytes from the guest. They are made safe even if no terminal shows
   * them, so that a record stays one line.
   */
  bytes(from: Uint8Array, offset: number, count: number): void {
    appendSafe(this.into, from, offset, count);
  }
}

/** Prints fields of events into buffers. */
export class EventText {
  readonly #sink = new BufferSink();

  /**
   * Appends what `trace_pipe` prints behind "event_name: ".
   *
   * @param format What `EventTable.describe` returned for the record.
   * @param symbols The symbols of the guest's kernel; null if not known.
   */
  append(
    format: EventFormat,
    record: RecordView,
    into: OutputBuffer,
    symbols: Symbols | null,
  ): void {
    this.#sink.into = into;
    printEvent(format, record, this.#sink, symbols);
  }

  /** Appends what one argument of an event's format prints. */
  argument(
    argument: PrintArgument,
    record: RecordView,
    into: OutputBuffer,
    symbols: Symbols | null,
  ): void {
    this.#sink.into = into;
    printArgument(argument, record, this.#sink, symbols);
  }
}
