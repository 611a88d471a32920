// SPDX-License-Identifier: MIT
/**
 * From records to standard output: formatted, gathered, written.
 *
 * @module
 */
import type { Output } from "../ffi/output.ts";
import type { RegionInfo } from "../ring/header.ts";
import type { RecordSink } from "../ring/record_view.ts";
import { CommandError } from "./errors.ts";
import { OutputBuffer } from "./outputs/buffer.ts";
import type { Formatter } from "./outputs/format.ts";

/** Prints records. What a round leaves in memory is bounded by the round. */
export class Printer {
  readonly #output: Output;
  readonly #formatter: Formatter;
  readonly #buffer = new OutputBuffer();

  /** @param output Stays the caller's. */
  constructor(output: Output, formatter: Formatter) {
    this.#output = output;
    this.#formatter = formatter;
  }

  /** Whether nobody reads the output any more. */
  get ended(): boolean {
    return this.#output.ended;
  }

  /** Tells the formatter of a new header. */
  attached(info: RegionInfo): void {
    this.#formatter.attached(info);
  }

  /** Takes one record; writes if much has gathered and it can be done now. */
  readonly sink: RecordSink = (record) => {
    const buffer = this.#buffer;
    this.#formatter.record(record, buffer);
    if (buffer.length < OutputBuffer.FULL_BYTES) return;
    const count = this.#output.writeNow(buffer.pending);
    buffer.take(count < 0 ? buffer.length : count);
  };

  /**
   * Writes what has gathered, waiting while the reader stands still.
   *
   * @param stop Once aborted, the wait is short.
   * @throws {CommandError} where the rest could not be written in that time.
   * @throws {SyscallError} such as ENOSPC.
   */
  async flush(stop: AbortSignal): Promise<void> {
    const buffer = this.#buffer;
    if (buffer.length === 0) return;
    const result = await this.#output.write(buffer.pending, stop);
    if (result === "stalled") {
      throw new CommandError(
        "standard output was not read: the last records were not written",
      );
    }
    buffer.take(buffer.length);
  }
}
