// SPDX-License-Identifier: MIT
/**
 * Prepares records for packets: each must be as the metadata describes it.
 * Everything else becomes `ABI.ID_OPAQUE`, of which only the bytes are known.
 *
 * @module
 */
import { account } from "../count_record.ts";
import type { Batch } from "../batch.ts";
import { readClock } from "../clock_record.ts";
import { readKlog } from "../klog.ts";
import { ABI, PART, RECORD, TAKEOVER } from "../layout.ts";
import { headBytes, type PacketClasses } from "./packet_classes.ts";
import { blankView, type RecordView } from "../record_view.ts";
import type { RingInfo } from "../ring_geometry.ts";
import { readTask } from "../task_record.ts";
import type { Totals } from "../totals.ts";

/** Prepares the records of one ring and epoch, in a private copy. */
export class PacketRecords {
  readonly #classes: PacketClasses;
  readonly #totals: Totals;
  readonly #view: RecordView;

  /**
   * @param ring The ring they come from. @param classes Those of the epoch.
   * @param totals Counts `opaque` and `skipped`.
   */
  constructor(ring: RingInfo, classes: PacketClasses, totals: Totals) {
    this.#classes = classes;
    this.#totals = totals;
    this.#view = blankView(ring, classes.epoch);
  }

  /**
   * Rewrites a record's id and, if it is a kernel event with a class, its
   * length, which becomes that of the tail.
   *
   * @param offset Where the record's header is in the batch.
   * @returns How many bytes at its end are not described, because they only pad
   * it to a multiple of eight. Its length includes them nevertheless.
   */
  describe(batch: Batch, offset: number): number {
    const { words } = batch;
    const w = (offset + RECORD.id) >>> 2;
    const word = words[w];
    if ((word & 0xffff) === ABI.ID_MESSAGE) return 0; // any bytes are valid
    const view = this.#view;
    view.bytes = batch.bytes;
    view.payloadOffset = offset + RECORD.size;
    view.payloadBytes = word >>> 16;
    view.id = word & 0xffff;
    view.timeLow = words[(offset + RECORD.timestamp) >>> 2];
    view.timeHigh = words[((offset + RECORD.timestamp) >>> 2) + 1];
    if (view.id > ABI.ID_KERNEL_MAX) {
      if (view.id !== ABI.ID_PART) account(view, this.#totals);
      if (!this.#fits()) words[w] = (word & 0xffff0000) | ABI.ID_OPAQUE;
      return 0;
    }
    const known = view.ring.kind === ABI.KIND_TRACE
      ? this.#classes.classOf(view.id, view.timeLow, view.timeHigh, view)
      : null;
    if (known === null) {
      this.#totals.opaque++;
      words[w] = (word & 0xffff0000) | ABI.ID_OPAQUE;
      return 0;
    }
    const tailBytes = view.payloadBytes - headBytes(known, view);
    words[w] = (tailBytes << 16) | known.id;
    return known.tail ? 0 : tailBytes;
  }

  /**
   * Tells whether one of the protocol's own records is as the metadata says.
   */
  #fits(): boolean {
    const view = this.#view;
    switch (view.id) {
      case ABI.ID_OPAQUE:
        return true;
      case ABI.ID_PART:
        return this.#counted(this.#partFits());
      case ABI.ID_TAKEOVER:
        return this.#counted(view.payloadBytes === TAKEOVER.size);
      case ABI.ID_KLOG:
        return readKlog(view) !== null;
      case ABI.ID_CLOCK:
        return this.#clockFits();
      case ABI.ID_TASK:
        return readTask(view) !== null;
      default:
        return false;
    }
  }

  /**
   * Counts a record as opaque if it does not fit: a trace shows it as bytes.
   */
  #counted(fits: boolean): boolean {
    if (!fits) this.#totals.opaque++;
    return fits;
  }

  #clockFits(): boolean {
    const clock = readClock(this.#view);
    if (clock === null) return false;
    this.#classes.tell({ ticks: clock.clockValue, utcNs: clock.utcNs });
    return true;
  }

  /** Tells whether a part's own count of bytes agrees with the record's. */
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
