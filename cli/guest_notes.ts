// SPDX-License-Identifier: MIT
/**
 * What is told of the guest: that it panicked or started again, and with
 * `--verbose` the rest. All of it is as the guest claims.
 *
 * @module
 */
import { readClock } from "../ring/clock_record.ts";
import type { RegionInfo } from "../ring/header.ts";
import { ABI } from "../ring/layout.ts";
import type { RegionReader } from "../ring/reader.ts";
import type { RecordView } from "../ring/record_view.ts";
import { stateText } from "./guest_state.ts";
import { type Messages, sanitize } from "./messages.ts";
import { takeoverReason } from "./takeover.ts";

/** Tells of a region and of what changes in it. */
export class GuestNotes {
  readonly #name: string;
  readonly #messages: Messages;
  #state = 0;
  /** Of whom a header was told last, and that header. */
  #reader: RegionReader | null = null;
  #info: RegionInfo | null = null;

  /** @param name The object's name. */
  constructor(name: string, messages: Messages) {
    this.#name = name;
    this.#messages = messages;
  }

  /** Tells the geometry of a new header, and that it is another. */
  attached(reader: RegionReader): void {
    // Another reader is of another object, which is told elsewhere.
    if (reader === this.#reader) this.#restarted(reader.info);
    this.#reader = reader;
    this.#info = reader.info;
    this.#tell(regionText(reader.info));
    this.#state = 0;
    this.look(reader);
  }

  /** Tells the driver's state if it changed. */
  look(reader: RegionReader): void {
    const state = reader.state;
    if (state === this.#state) return;
    this.#state = state;
    if (state === ABI.STATE_PANICKED) this.#note("the guest panicked");
    else this.#tell(`the driver says: ${stateText(state)}`);
  }

  #restarted({ sessionId, epoch }: RegionInfo): void {
    if (this.#info === null) return;
    if (sessionId !== this.#info.sessionId) {
      this.#note("the guest has formatted its ring anew: a new session");
    } else if (epoch !== this.#info.epoch) {
      this.#note(`the guest's driver has started again: epoch ${epoch}`);
    }
  }

  /** Tells of a record that is about the ring itself. */
  record(record: RecordView): void {
    if (record.id === ABI.ID_TAKEOVER) {
      const { index } = record.ring;
      this.#tell(`ring ${index} was taken over: ${takeoverReason(record)}`);
    } else if (record.id === ABI.ID_CLOCK) {
      if (readClock(record)?.reason !== ABI.ANNOUNCE_STEP) return;
      this.#tell("the guest's clock was set");
    }
  }

  #note(text: string): void {
    this.#messages.note(`${this.#name}: ${text}`);
  }

  #tell(text: string): void {
    this.#messages.detail(`${this.#name}: ${text}`);
  }
}

function regionText(info: RegionInfo): string {
  const bytes = (kind: number) =>
    info.rings.filter((ring) => ring.kind === kind)
      .map((ring) => ring.nrBlocks * ring.blockBytes);
  const trace = bytes(ABI.KIND_TRACE);
  const claimed = sanitize(
    `${info.guestName || "(no name)"}, kernel ${info.kernelRelease || "?"}`,
  );
  return [
    `${info.regionBytes} bytes`,
    `${trace.length} trace rings of ${Math.min(...trace)} bytes`,
    `kernel log of ${bytes(ABI.KIND_KLOG).join(" and ") || 0} bytes`,
    `blocks of ${info.blockBytes}`,
    `session ${info.sessionId.toString(16)} epoch ${info.epoch}`,
    `the guest calls itself ${claimed}`,
  ].join(", ");
}
