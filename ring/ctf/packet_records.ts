// SPDX-License-Identifier: MIT
/**
 * Records as they stand in packets: only what metadata describes, and as it
 * describes it. Everything else becomes `ABI.ID_OPAQUE`, bytes without more.
 *
 * @module
 */
import { account } from "../account.ts";
import type { Batch } from "../batch.ts";
import { readClock } from "../clock_record.ts";
import { readKlog } from "../klog.ts";
import { ABI, PART, RECORD, TAKEOVER } from "../layout.ts";
import { headBytes, type PacketClasses } from "./packet_classes.ts";
import { blankView, type RecordView } from "../record_view.ts";
import type { RingInfo } from "../ring_geometry.ts";
import type { Totals } from "../totals.ts";

/** Prepares the records of one ring and epoch, in a private copy. */
export class PacketRecords {
  readonly #classes: PacketClasses;
  readonly #totals: Totals;
  readonly #view: RecordView;

  /**
   * @param ring That they come from. @param classes Of the epoch.
   * @param totals Gets `opaque` and `skipped`.
   */
  constructor(ring: RingInfo, classes: PacketClasses, totals: Totals) {
    this.#classes = classes;
    this.#totals = totals;
    this.#view = blankView(ring, classes.epoch);
  }

  /**
   * Rewrites a record's id, and its length where metadata takes that for the
   * length of the tail.
   *
   * @param offset Of the record's header in the batch.
   */
  describe(batch: Batch, offset: number): void {
    const { words } = batch;
    const w = (offset + RECORD.id) >>> 2;
    const word = words[w];
    if ((word & 0xffff) === ABI.ID_MESSAGE) return; // any bytes will do
    const view = this.#view;
    view.bytes = batch.bytes;
    view.payloadOffset = offset + RECORD.size;
    view.payloadBytes = word >>> 16;
    view.id = word & 0xffff;
    view.timeLow = words[(offset + RECORD.timestamp) >>> 2];
    view.timeHigh = words[((offset + RECORD.timestamp) >>> 2) + 1];
    if (view.id > ABI.ID_KERNEL_MAX) {
      if (!this.#fits()) words[w] = (word & 0xffff0000) | ABI.ID_OPAQUE;
      return;
    }
    const known = view.ring.kind === ABI.KIND_TRACE
      ? this.#classes.classOf(view.id, view.timeLow, view.timeHigh, view)
      : null;
    if (known === null) {
      this.#totals.opaque++;
      words[w] = (word & 0xffff0000) | ABI.ID_OPAQUE;
      return;
    }
    const tailBytes = view.payloadBytes - headBytes(known, view);
    words[w] = (tailBytes << 16) | known.id;
  }

  /** Whether a record of the protocol's own is as metadata says. */
  #fits(): boolean {
    const view = this.#view;
    switch (view.id) {
      case ABI.ID_OPAQUE:
        return true;
      case ABI.ID_PART:
        return this.#partFits();
      case ABI.ID_TAKEOVER:
        return view.payloadBytes === TAKEOVER.size;
      case ABI.ID_KLOG:
        account(view, this.#totals);
        return readKlog(view) !== null;
      case ABI.ID_CLOCK:
        account(view, this.#totals);
        return this.#clockFits();
      default:
        return false;
    }
  }

  #clockFits(): boolean {
    const clock = readClock(this.#view);
    if (clock === null) return false;
    this.#classes.tell({ ticks: clock.clockValue, utcNs: clock.utcNs });
    return true;
  }

  /** A part's own count of bytes has to be the record's. */
  #partFits(): boolean {
    const { bytes, payloadOffset, payloadBytes, ring } = this.#view;
    if (payloadBytes < PART.size) return false;
    const part = new DataView(bytes.buffer, payloadOffset, PART.size);
    const id = part.getUint16(PART.id, true);
    if (id <= ABI.ID_KERNEL_MAX && ring.kind === ABI.KIND_TRACE) {
      this.#classes.mention(id, this.#view.timeLow, this.#view.timeHigh);
    }
    return part.getUint16(PART.dataBytes, true) === payloadBytes - PART.size;
  }
}
