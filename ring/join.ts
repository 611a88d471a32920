// SPDX-License-Identifier: MIT
/**
 * Joins the parts of split messages. Parts of nested writers may lie between
 * those of the message they interrupted; each names its message's first part.
 *
 * @module
 */
import { account } from "./account.ts";
import { ABI, PART } from "./layout.ts";
import type { RecordSink, RecordView } from "./record_view.ts";
import type { Totals } from "./totals.ts";

/** Messages under way at once, over all rings; bounds the memory. */
const PENDING_MAX = 16;

/** Where a part is in its ring. */
export interface PartPlace {
  /** In bytes. */
  readonly position: number;
  /** 64-bit sequence. */
  readonly seq: number;
}

interface Pending {
  readonly bytes: Uint8Array<ArrayBuffer>;
  filled: number;
  /** The first part's view, with the payload fields of the whole. */
  readonly view: RecordView;
  /** Of the first part. */
  readonly start: PartPlace;
}

/** Holds at most 16 messages of `ABI.MESSAGE_BYTES_MAX` bytes. */
export class PartJoiner {
  readonly #pending = new Map<string, Pending>();

  /** @param totals Gets `bytes`, `truncated`, `corrupt` and what `account` counts. */
  constructor(readonly totals: Totals) {}

  /**
   * Takes one part (a record with `ABI.ID_PART`) and delivers the message when
   * it is whole. A part that does not fit its message ends it as truncated.
   *
   * @param position Of the part in its ring, in bytes.
   * Source: `struct ivring_part`.
   */
  part(record: RecordView, position: number, sink: RecordSink): void {
    const { bytes, payloadOffset: at, payloadBytes } = record;
    const head = new DataView(bytes.buffer, at, payloadBytes);
    if (payloadBytes <= PART.size) {
      this.totals.corrupt++;
      return;
    }
    const firstSeq = head.getUint32(PART.firstSeq, true);
    const offset = head.getUint32(PART.offsetBytes, true);
    const total = head.getUint32(PART.totalBytes, true);
    const data = head.getUint16(PART.dataBytes, true);
    const id = head.getUint16(PART.id, true);
    const key = `${record.ring.index}:${firstSeq}`;
    if (offset === 0) this.#end(key, sink);
    const pending = offset === 0
      ? this.#begin(record, position, key, id, total, sink)
      : this.#pending.get(key);
    if (pending === undefined) {
      this.totals.truncated++; // its beginning is lost
      return;
    }
    if (
      data !== payloadBytes - PART.size || offset !== pending.filled ||
      total !== pending.bytes.length || offset + data > total
    ) {
      this.totals.corrupt++;
      this.#end(key, sink);
      return;
    }
    const from = at + PART.size;
    pending.bytes.set(bytes.subarray(from, from + data), offset);
    pending.filled += data;
    pending.view.records++;
    this.totals.bytes += data;
    Object.assign(pending.view, {
      seq: record.seq,
      timeLow: record.timeLow,
      timeHigh: record.timeHigh,
    });
    if (pending.filled === total) this.#end(key, sink);
  }

  /** Ends what is under way in one ring, or in all: delivered as truncated. */
  flush(sink: RecordSink, ringIndex?: number): void {
    if (this.#pending.size === 0) return;
    for (const [key, { view }] of [...this.#pending]) {
      if (ringIndex === undefined || view.ring.index === ringIndex) {
        this.#end(key, sink);
      }
    }
  }

  /** First part of the oldest message under way in a ring; null if none is. */
  oldest(ringIndex: number): PartPlace | null {
    let oldest: PartPlace | null = null;
    for (const { view, start } of this.#pending.values()) {
      if (view.ring.index !== ringIndex) continue;
      if (oldest === null || start.seq < oldest.seq) oldest = start;
    }
    return oldest;
  }

  #begin(
    record: RecordView,
    position: number,
    key: string,
    id: number,
    total: number,
    sink: RecordSink,
  ): Pending | undefined {
    if (total > ABI.MESSAGE_BYTES_MAX) return undefined;
    if (this.#pending.size === PENDING_MAX) {
      this.#end(this.#pending.keys().next().value!, sink);
    }
    const bytes = new Uint8Array(total);
    const view = { ...record, bytes, id, payloadOffset: 0, records: 0 };
    const start = { position, seq: record.seq };
    const pending = { bytes, filled: 0, view, start };
    this.#pending.set(key, pending);
    return pending;
  }

  #end(key: string, sink: RecordSink): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    const { view, filled, bytes } = pending;
    view.payloadBytes = filled;
    view.truncated = filled < bytes.length;
    if (view.truncated) this.totals.truncated++;
    if (filled > 0) account(view, this.totals);
    if (filled > 0) sink(view); // still under way for who asks meanwhile: not delivered yet
    this.#pending.delete(key);
  }
}
