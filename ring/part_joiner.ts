// SPDX-License-Identifier: MIT
/**
 * Joins the parts of split messages. Parts of nested writers may lie between
 * those of the message they interrupted; each names its message's first part.
 *
 * @module
 */
import { account } from "./count_record.ts";
import { ABI, PART } from "./layout.ts";
import {
  type PartPlace,
  type PendingMessage,
  PendingParts,
} from "./incomplete_messages.ts";
import type { RecordSink, RecordView } from "./record_view.ts";
import type { Totals } from "./totals.ts";

/**
 * Joins the parts of messages. A message whose beginning or end is missing is
 * delivered with what came, and counted once. It takes at most about 4 MiB of
 * memory, whatever the parts claim.
 */
export class PartJoiner {
  /** Counts `bytes`, `truncated`, `corrupt`, and what `account` counts. */
  readonly totals: Totals;
  readonly #parts: PendingParts;
  /** View of the memory that the last part was in. */
  #head = new DataView(new ArrayBuffer(0));
  #sink: RecordSink = () => {};

  /** @param totals Where to count. */
  constructor(totals: Totals) {
    this.totals = totals;
    this.#parts = new PendingParts((message) => this.#end(message));
  }

  /** Memory in use by incomplete messages, in bytes. */
  get heldBytes(): number {
    return this.#parts.heldBytes;
  }

  /** Bytes allocated and copied since the beginning. */
  get movedBytes(): number {
    return this.#parts.movedBytes;
  }

  /**
   * Takes one part (a record with `ABI.ID_PART`) and delivers the message when
   * it is whole. A part that does not fit its message ends it as truncated.
   *
   * @param position The part's position in its ring, in bytes.
   * Source: `struct ivring_part`.
   */
  part(record: RecordView, position: number, sink: RecordSink): void {
    const { bytes, payloadOffset: at, payloadBytes, ring } = record;
    this.#sink = sink;
    if (payloadBytes <= PART.size) {
      this.totals.corrupt++;
      return;
    }
    if (this.#head.buffer !== bytes.buffer) {
      this.#head = new DataView(bytes.buffer);
    }
    const head = this.#head;
    const key = head.getUint32(at + PART.firstSeq, true);
    const offset = head.getUint32(at + PART.offsetBytes, true);
    const total = head.getUint32(at + PART.totalBytes, true);
    const data = head.getUint16(at + PART.dataBytes, true);
    let message = this.#parts.find(ring.index, key);
    if (offset === 0 && message !== null) {
      this.#end(message);
      message = null;
    }
    const fits = data === payloadBytes - PART.size &&
      total <= ABI.MESSAGE_BYTES_MAX && offset + data <= total &&
      (message === null || continues(message, offset, total));
    if (!fits) {
      this.totals.corrupt++;
      if (message !== null) this.#end(message);
      return;
    }
    if (message === null) {
      const momentary = offset + data === total;
      const what = { key, total, offset, momentary };
      message = this.#parts.begin(record, position, what);
      message.view.id = head.getUint16(at + PART.id, true);
    }
    const from = at + PART.size;
    this.#parts.append(message, bytes.subarray(from, from + data));
    const { view } = message;
    view.records++;
    view.seq = record.seq;
    view.timeLow = record.timeLow;
    view.timeHigh = record.timeHigh;
    this.totals.bytes += data;
    if (offset + data === total) this.#end(message);
  }

  /**
   * Ends the messages that are under way in one ring, or in all rings, and
   * delivers them as truncated.
   */
  flush(sink: RecordSink, ringIndex?: number): void {
    if (this.#parts.heldBytes === 0) return;
    this.#sink = sink;
    for (const message of this.#parts.list(ringIndex)) this.#end(message);
  }

  /**
   * Returns the first part of the oldest message under way in a ring; null if
   * there is none.
   */
  oldest(ringIndex: number): PartPlace | null {
    return this.#parts.oldest(ringIndex);
  }

  #end(message: PendingMessage): void {
    const { view, filled, bytes, total, offset, key } = message;
    view.bytes = bytes;
    view.payloadBytes = filled;
    view.truncated = offset + filled < total;
    view.headless = offset > 0;
    // Without its beginning, the meaning of the rest is unknown.
    if (view.headless && view.id !== ABI.ID_MESSAGE) view.id = ABI.ID_OPAQUE;
    const counted = this.#parts.wasCut(view.ring.index, key) && view.headless;
    if (filled < total && !counted) this.totals.truncated++;
    account(view, this.totals);
    // Removed only afterwards: it counts as incomplete until it is delivered.
    this.#sink(view);
    this.#parts.remove(message, view.truncated);
  }
}

function continues(
  message: PendingMessage,
  offset: number,
  total: number,
): boolean {
  return offset === message.offset + message.filled && total === message.total;
}
