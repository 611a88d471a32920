// SPDX-License-Identifier: MIT
/**
 * Formats records, gathers them, and writes them to the output.
 *
 * @module
 */
import type { RecordSink, RunSink } from "../../ring/record_view.ts";
import type { Totals } from "../../ring/totals.ts";
import { CommandError } from "../errors.ts";
import { explain } from "../console/explain.ts";
import type { GuestEvent } from "../regions/guest_event.ts";
import { OutputBuffer } from "../formats/output_buffer.ts";
import type { Formatter } from "../formats/formatter.ts";
import { PendingMessages } from "./pending_messages.ts";
import type { Target } from "../files/target.ts";
import { RETRY_MS, Trouble } from "../console/write_trouble.ts";
import { sleepMs } from "../sleep.ts";

/**
 * How long to wait for a reader of the output that takes nothing, once this
 * process has to stop.
 */
const GRACE_MS = 500;

/**
 * Prints records. `flush` is called after each round of reading, so that a
 * round bounds what is in memory.
 */
export class RecordWriter {
  readonly #target: Target;
  readonly #trouble: Trouble;
  readonly #buffer = new OutputBuffer();
  readonly #pending = new PendingMessages();
  /** The owners of pending messages; new messages belong to the last one. */
  #owners: Totals[] = [];
  #unwritten = 0;
  /** The length of the buffer from which on writing is tried. */
  #tryAt = OutputBuffer.FULL_BYTES;
  #gaveUp = "";
  #failed = false;
  #abandoned = false;
  /** Whether the output was still wanted when it could not be written. */
  #wanted = true;

  /**
   * @param target Where to write; stays the caller's.
   * @param subject What the target is called in messages.
   * @param waits Whether to wait while the disk is full.
   */
  constructor(target: Target, subject: string, waits = true) {
    this.#target = target;
    this.#trouble = new Trouble(subject, waits);
  }

  /** Whether the output takes nothing any more. */
  get ended(): boolean {
    return this.#failed || this.#target.ended;
  }

  /** Whether everything that was taken is written. */
  get settled(): boolean {
    return this.#buffer.length === 0 && !this.#abandoned;
  }

  /** Whether so much has gathered that it should be written. */
  get full(): boolean {
    return this.#buffer.length >= OutputBuffer.FULL_BYTES;
  }

  /**
   * Returns a sink for the records of one region. It writes if much has
   * gathered, as far as that is possible at once.
   *
   * @param totals The region's totals, from which records that could not be
   * written are subtracted again.
   */
  sink(formatter: Formatter, totals: Totals): RecordSink {
    return (record) => {
      const { records, payloadBytes } = record;
      if (this.#abandoned) {
        this.#takeBack(totals, records, payloadBytes);
        return;
      }
      const buffer = this.#buffer;
      const start = buffer.length;
      formatter.record(record, buffer);
      this.#target.written?.leaveOut(buffer, start);
      const bytes = buffer.length - start;
      if (bytes > 0) this.#target.message?.(bytes);
      this.#pending.push(bytes, records, payloadBytes, this.#ownerOf(totals));
      this.#writeIfMuch();
    };
  }

  /**
   * Returns a sink that takes many messages at a time, from the region of
   * `sink`.
   *
   * @param totals See `sink`.
   * @returns Null if the formatter has no faster way for many messages.
   */
  runs({ messages }: Formatter, totals: Totals): RunSink | null {
    if (messages === null) return null;
    return (run) => {
      if (this.#abandoned || this.#target.written) return false;
      const { count } = run;
      const buffer = this.#buffer;
      const pending = this.#pending;
      const start = buffer.length;
      messages(run, buffer, pending.room(count), pending.end);
      const bytes = buffer.length - start;
      if (bytes > (this.#target.roomBytes ?? Infinity)) {
        buffer.filled(start); // one by one, since a new file may begin
        return false;
      }
      this.#target.message?.(bytes);
      pending.pushAll(count, bytes, 1, this.#ownerOf(totals));
      this.#writeIfMuch();
      return true;
    };
  }

  /**
   * Returns a sink for changes of the state of one region's guest. They are not
   * records of the ring, and are not counted as such.
   *
   * @param totals See `sink`.
   */
  guests(
    formatter: Formatter,
    totals: Totals,
  ): (event: GuestEvent) => void {
    return (event) => {
      if (this.#abandoned) return;
      const buffer = this.#buffer;
      const start = buffer.length;
      formatter.guest(event, buffer);
      const bytes = buffer.length - start;
      if (bytes === 0) return;
      this.#target.message?.(bytes);
      this.#pending.push(bytes, 0, 0, this.#ownerOf(totals));
      this.#writeIfMuch();
    };
  }

  /**
   * Writes what has gathered, and waits while the output takes no more.
   *
   * @param stop Once aborted, the wait is short. Then the rest is given up, and
   * records that come later are only counted. The same happens without a wait
   * if waiting will not help.
   */
  async flush(stop: AbortSignal): Promise<void> {
    let deadlineMs = Infinity;
    while (this.#buffer.length > 0) {
      const count = this.#writeSome();
      if (this.#buffer.length === 0) break;
      const nowMs = performance.now();
      if (count > 0) deadlineMs = Infinity;
      const { reason } = this.#trouble;
      if (stop.aborted) {
        const graceMs = reason === "" ? GRACE_MS : 0;
        deadlineMs = Math.min(deadlineMs, nowMs + graceMs);
      }
      if (nowMs >= deadlineMs) {
        this.#gaveUp = reason || "standard output was not read";
        this.#abandon();
      } else if (reason === "") await this.#target.ready();
      else await sleepMs(RETRY_MS, stop);
    }
    this.#pending.written(0);
    this.#owners = [];
    this.#tryAt = OutputBuffer.FULL_BYTES;
  }

  /**
   * Reports what was not written; to be called at the end.
   *
   * @throws {CommandError} if something that was wanted could not be written.
   */
  end(): void {
    if (this.#gaveUp === "") return;
    throw new CommandError(
      `${this.#gaveUp}: ${this.#unwritten} records were not written`,
    );
  }

  #ownerOf(totals: Totals): number {
    if (this.#owners.at(-1) !== totals) this.#owners.push(totals);
    return this.#owners.length - 1;
  }

  #writeIfMuch(): void {
    if (this.#buffer.length < this.#tryAt) return;
    this.#writeSome();
    this.#tryAt = this.#buffer.length + OutputBuffer.FULL_BYTES;
  }

  /**
   * Writes what the output takes at once.
   *
   * @returns Bytes written.
   */
  #writeSome(): number {
    const buffer = this.#buffer;
    let count: number;
    try {
      count = this.#target.writeNow(buffer.pending);
    } catch (error) {
      this.#met(error);
      return 0;
    }
    if (count < 0) {
      this.#wanted = false;
      this.#abandon();
      return 0;
    }
    buffer.take(count);
    this.#pending.written(count);
    if (count > 0) this.#trouble.over();
    return count;
  }

  /**
   * Takes note of lasting trouble, so that it is not blamed on the current
   * region.
   */
  #met(error: unknown): void {
    try {
      this.#trouble.met(error);
    } catch (lasting) {
      this.#gaveUp = explain(lasting);
      this.#failed = true;
      this.#abandon();
    }
  }

  #abandon(): void {
    this.#abandoned = true;
    this.#target.takeBack?.(this.#pending.begunBytes);
    this.#buffer.take(this.#buffer.length);
    this.#pending.drop((owner, records, bytes) =>
      this.#takeBack(this.#owners[owner], records, bytes)
    );
  }

  #takeBack(totals: Totals, records: number, bytes: number): void {
    totals.records -= records;
    totals.bytes -= bytes;
    if (!this.#wanted) return; // as with `| head`
    totals.unwritten += records;
    this.#unwritten += records;
  }
}
