// SPDX-License-Identifier: MIT
/**
 * Records a whole region: seals validated blocks as CTF packets, ring by ring.
 * Rings are not merged, because a trace viewer does that.
 *
 * @module
 */
import { Batch } from "../batch.ts";
import { checkCursor, type RegionCursor, type RingCursor } from "../cursor.ts";
import type { EventTable } from "../events/event_table.ts";
import type { RegionInfo } from "../header.ts";
import { ABI } from "../layout.ts";
import { EpochClasses } from "./epoch_classes.ts";
import { PacketSealer } from "./packet_sealer.ts";
import { PacketClasses } from "./packet_classes.ts";
import { Region } from "../region.ts";
import { RECORD_COST, ROUND_COST } from "../delivery.ts";
import type { RingInfo } from "../ring_geometry.ts";
import type { RingReader } from "../ring_reader.ts";
import type { PublishedSymbols } from "../symbols/published_symbols.ts";
import { NOTHING } from "../ring_source.ts";
import { Totals } from "../totals.ts";

/** One stream of packets: a ring, within one epoch of the guest. */
export interface StreamId {
  readonly ring: RingInfo;
  /** Session number, counted by this recorder. */
  readonly session: number;
  /** Timestamps compare within an epoch only. */
  readonly epoch: number;
  /** What is needed to understand its packets; the epoch's streams share it. */
  readonly classes: PacketClasses;
  /** Returns the symbols that the guest has published; null for none yet. */
  readonly symbols: () => PublishedSymbols | null;
}

/**
 * Takes packets in stream order, with the number of records in each; the bytes
 * are reused after it returns. A packet for which it throws is not recorded.
 */
export type PacketSink = (
  stream: StreamId,
  packet: Uint8Array<ArrayBuffer>,
  records: number,
) => void;

/** How to record. */
export interface RecorderOptions {
  /** Memory to copy into, if several recorders share it: `recordingBatch`. */
  readonly batch?: Batch;
  /** Records that may still be recorded, by all that share it. */
  readonly quota?: { left: number };
  /**
   * Asked before a batch is recorded, with the bytes it will take at most. If
   * it returns true, all streams begin anew.
   */
  readonly rotates?: (bytes: number) => boolean;
  /** Number of the first session; 0 if not given. */
  readonly session?: number;
  /** Where another reader was; used if it is of the same session. */
  readonly cursor?: RegionCursor | null;
}

/** How many bytes are copied at once. */
const BATCH_BYTES = 1024 * 1024;
/** Makes memory for recorders: 1 MiB and its index. */
export function recordingBatch(): Batch {
  return new Batch(BATCH_BYTES / ABI.BLOCK_BYTES_MAX, ABI.BLOCK_BYTES_MAX);
}

interface Recording {
  readonly reader: RingReader;
  sealer: PacketSealer;
  stream: StreamId;
  /** How many records of the ring were discarded before this stream began. */
  base: number;
  /**
   * How many discarded records the stream has reported, not counting `base`.
   */
  told: number;
}

/**
 * Records a region. It never writes to it. It takes one batch of 1 MiB, and
 * memory for the guest's event formats.
 */
export class RegionRecorder {
  /**
   * What was recorded and what was not. `bytes` are those of whole packets;
   * `late` counts records whose time went back, or could not be shown by tools,
   * and was replaced by that of the record before.
   */
  readonly totals: Totals;
  readonly #region: Region;
  readonly #batch: Batch;
  readonly #quota: { left: number };
  readonly #rotates: (bytes: number) => boolean;
  #recordings: Recording[] = [];
  #session: number;
  /** The ring that is drained next. */
  #next = 0;
  /** Whether recording ends with what was committed at a moment. */
  #ends = false;
  /**
   * Session of the recordings; that of the header may be newer for a moment.
   */
  #sessionId = 0n;
  readonly #classes: EpochClasses;

  /**
   * @param buffer The mapped object, or a copy of a region.
   * @param totals The counters of a recorder before this one, to be continued.
   * @throws What `readHeader` does, and {RingUnformattedError} if it returns
   * null.
   * @throws {CursorError} if the cursor cannot be one of this region.
   */
  constructor(
    buffer: ArrayBuffer,
    totals: Totals = new Totals(),
    options: RecorderOptions = {},
  ) {
    this.totals = totals;
    this.#batch = options.batch ?? recordingBatch();
    this.#quota = options.quota ?? { left: Infinity };
    this.#rotates = options.rotates ?? (() => false);
    this.#session = options.session ?? 0;
    this.#region = new Region(buffer, totals);
    this.#classes = new EpochClasses(this.#region.events);
    const { cursor = null } = options;
    const resumes = cursor?.sessionId === this.info.sessionId;
    if (resumes) checkCursor(cursor!, this.info);
    this.#begin(resumes ? cursor : null);
  }

  /** See {@linkcode Region.doubts}. */
  get doubts(): readonly string[] {
    return this.#region.doubts;
  }

  /** Returns where another recorder can go on; null while that is not known. */
  cursor(): RegionCursor | null {
    const rings: RingCursor[] = [];
    for (const { reader } of this.#recordings) {
      const here = reader.cursor();
      if (here === null) return null;
      rings.push(here);
    }
    return { sessionId: this.#sessionId, rings };
  }

  /** The header that was validated last. */
  get info(): RegionInfo {
    return this.#region.info;
  }

  /** The region that is recorded, for what its guest says about itself. */
  get region(): Pick<
    Region,
    | "info"
    | "guestName"
    | "state"
    | "reason"
    | "mode"
    | "heartbeat"
    | "live"
  > {
    return this.#region;
  }

  /** The kernel events that the guest has described. */
  get events(): EventTable {
    return this.#region.events;
  }

  /**
   * Copies what is new in every ring. If that is much, copies only some of the
   * rings in this round, because other regions wait.
   *
   * @returns Whether a ring holds more, and whether the header changed: then
   * nothing was copied, and `reattach` has to succeed first.
   */
  drain(sink: PacketSink): { more: boolean; reformatted: boolean } {
    if (!this.#region.headerHolds()) return { more: false, reformatted: true };
    const count = this.#recordings.length;
    let more = false;
    let left = ROUND_COST;
    for (let i = 0; i < count; i++) {
      if (left <= 0) return { more: true, reformatted: false };
      const recording = this.#recordings[this.#next];
      this.#next = (this.#next + 1) % count;
      const batch = this.#batch;
      batch.reshape(this.info.blockBytes);
      if (recording.reader.drain(batch)) more = true;
      this.#region.events.refresh(); // what was drained is described by now
      if (batch.count === 0) continue;
      left -= batch.payloadBytes + RECORD_COST * batch.count;
      this.#seal(recording, sink);
    }
    return { more, reformatted: false };
  }

  /** Ends recording with what is committed now, so that draining ends, too. */
  endHere(): void {
    if (this.#ends) return;
    this.#ends = true;
    const marks = this.#recordings.map(({ reader }) => reader.mark());
    this.#recordings.forEach(({ reader }, i) => reader.endAt(marks[i]));
  }

  /** Reports in each stream what was lost after its last packet. */
  finish(sink: PacketSink): void {
    for (const recording of this.#recordings) {
      const { reader, base, told, stream, sealer } = recording;
      const discarded = reader.discarded - base;
      if (discarded === told || stream.epoch < 0) continue;
      const packet = sealer.empty(discarded);
      sink(stream, packet, 0);
      this.totals.bytes += packet.length;
      recording.told = discarded;
    }
  }

  /** Begins all streams anew, from the next record on and without a gap. */
  rotate(): void {
    for (const recording of this.#recordings) {
      const { classes } = recording.stream;
      this.#turn(recording, recording.sealer.continued(classes), classes);
    }
  }

  /**
   * Takes the new header after `drain` returned `reformatted`.
   *
   * @returns False while the guest has the header cleared.
   * @throws What `readHeader` does.
   */
  reattach(sink: PacketSink): boolean {
    const outcome = this.#region.reattach();
    if (outcome === "restarted") {
      this.finish(sink);
      this.totals.sessions++;
      this.#session++;
      this.#begin();
    }
    return outcome !== "cleared";
  }

  #begin(cursor: RegionCursor | null = null): void {
    this.#classes.clear();
    this.#sessionId = this.info.sessionId;
    const session = this.#session;
    // These are of no epoch, because nothing is ever written with them.
    const classes = new PacketClasses(-1, this.info, null, null);
    this.#next = 0;
    this.#recordings = this.#region.openRings(cursor).map((reader) => {
      if (this.#ends) reader.endAt(NOTHING); // left to another recorder
      return {
        reader,
        sealer: new PacketSealer(reader.ring, classes, this.totals),
        stream: {
          ring: reader.ring,
          session,
          epoch: -1,
          classes,
          symbols: () => null,
        },
        base: 0,
        told: 0,
      };
    });
  }

  #seal(recording: Recording, sink: PacketSink): void {
    const { reader } = recording;
    const batch = this.#batch;
    batch.count = Math.min(batch.count, this.#quota.left);
    if (batch.count === 0) return;
    const { offsets, count, blockBytes } = batch;
    const most = offsets[count - 1] - offsets[0] + blockBytes;
    if (this.#rotates(most)) this.rotate();
    // Only forwards, because a file that was left is not written again.
    if (batch.epoch > recording.stream.epoch) {
      const classes = this.#classes.of(batch.epoch, this.info);
      const sealer = new PacketSealer(reader.ring, classes, this.totals);
      this.#turn(recording, sealer, classes);
    }
    recording.told = reader.discarded - recording.base;
    let recorded = 0;
    try {
      recording.sealer.seal(batch, recording.told, (packet, records) => {
        sink(recording.stream, packet, records);
        this.totals.bytes += packet.length;
        recorded += records;
      });
    } finally {
      this.totals.records += recorded;
      this.totals.unwritten += batch.count - recorded;
      this.#quota.left -= recorded;
    }
  }

  /** Makes a ring go on in another stream. */
  #turn(
    recording: Recording,
    sealer: PacketSealer,
    classes: PacketClasses,
  ): void {
    const { epoch } = classes;
    recording.base += recording.told;
    recording.told = 0;
    recording.sealer = sealer;
    const symbols = () => this.events.publishedSymbols(epoch);
    recording.stream = { ...recording.stream, epoch, classes, symbols };
  }
}
