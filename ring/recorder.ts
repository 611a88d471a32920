// SPDX-License-Identifier: MIT
/**
 * Recording a whole region: validated blocks, sealed as CTF packets, ring by
 * ring. No merging: a trace viewer does that.
 *
 * @module
 */
import { Batch } from "./batch.ts";
import type { RegionInfo } from "./header.ts";
import type { RingInfo } from "./ring_geometry.ts";
import { PacketSealer } from "./packet.ts";
import { Region } from "./region.ts";
import type { RingReader } from "./ring_reader.ts";
import { Totals } from "./totals.ts";

/** One stream of packets: a ring, within one epoch of the guest. */
export interface StreamId {
  readonly ring: RingInfo;
  /** Session number, counted by this recorder from 0. */
  readonly session: number;
  /** Timestamps compare within an epoch only. */
  readonly epoch: number;
}

/** Takes packets in stream order; the bytes are reused after it returns. */
export type PacketSink = (
  stream: StreamId,
  packet: Uint8Array<ArrayBuffer>,
) => void;

/** What is copied at once, in bytes. */
const BATCH_BYTES = 1024 * 1024;

interface Recording {
  readonly reader: RingReader;
  sealer: PacketSealer;
  stream: StreamId;
  /** Discarded before this stream began. */
  base: number;
  /** What the stream's last packet says, relative to `base`. */
  told: number;
}

/** Recorder of a region. Never writes to it. Memory: one batch of 1 MiB. */
export class RegionRecorder {
  /**
   * What was recorded and what was not. `bytes` are those of whole packets;
   * `late` counts records whose time fell and was raised.
   */
  readonly totals: Totals;
  readonly #region: Region;
  #batch!: Batch;
  #recordings: Recording[] = [];

  /**
   * @param buffer The mapped object, or a copy of a region.
   * @param totals To count on in, where a recorder before this one had begun.
   * @throws As `readHeader`, and {RingFormatError} where it returns null.
   */
  constructor(buffer: ArrayBuffer, totals: Totals = new Totals()) {
    this.totals = totals;
    this.#region = new Region(buffer);
    this.#begin();
  }

  /** The header that was validated last. */
  get info(): RegionInfo {
    return this.#region.info;
  }

  /**
   * Copies what is new in every ring.
   *
   * @returns Whether a ring holds more, and whether the header changed: then
   * nothing was copied, and `reattach` has to succeed first.
   */
  drain(sink: PacketSink): { more: boolean; reformatted: boolean } {
    if (!this.#region.headerHolds()) return { more: false, reformatted: true };
    let more = false;
    for (const recording of this.#recordings) {
      this.#batch.clear();
      if (recording.reader.drain(this.#batch)) more = true;
      if (this.#batch.count > 0) this.#seal(recording, sink);
    }
    return { more, reformatted: false };
  }

  /** Tells in each stream what was lost behind its last packet. */
  finish(sink: PacketSink): void {
    for (const recording of this.#recordings) {
      const { reader, base, told, stream, sealer } = recording;
      const discarded = reader.discarded - base;
      if (discarded === told || stream.epoch < 0) continue;
      sink(stream, sealer.empty(discarded));
      recording.told = discarded;
    }
  }

  /**
   * Takes the new header after `drain` said `reformatted`.
   *
   * @returns False while the guest has the header cleared.
   * @throws As `readHeader`.
   */
  reattach(sink: PacketSink): boolean {
    const outcome = this.#region.reattach();
    if (outcome === "restarted") {
      this.finish(sink);
      this.totals.sessions++;
      this.#begin();
    }
    return outcome !== "cleared";
  }

  #begin(): void {
    const { blockBytes } = this.info;
    this.#batch = new Batch(BATCH_BYTES / blockBytes, blockBytes);
    const session = this.totals.sessions;
    this.#recordings = this.#region.openRings(this.totals).map((reader) => ({
      reader,
      sealer: new PacketSealer(reader.ring),
      stream: { ring: reader.ring, session, epoch: -1 },
      base: 0,
      told: 0,
    }));
  }

  #seal(recording: Recording, sink: PacketSink): void {
    const { reader, stream } = recording;
    const { epoch, count } = this.#batch;
    // Only forwards: a file that was left is not gone back to.
    if (epoch > stream.epoch) {
      recording.base += recording.told;
      recording.sealer = new PacketSealer(reader.ring);
      recording.stream = { ...stream, epoch };
    }
    recording.told = reader.discarded - recording.base;
    const { clamped } = recording.sealer;
    recording.sealer.seal(this.#batch, recording.told, (packet) => {
      this.totals.bytes += packet.length;
      sink(recording.stream, packet);
    });
    this.totals.records += count;
    this.totals.late += recording.sealer.clamped - clamped;
  }
}
