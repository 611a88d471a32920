// SPDX-License-Identifier: MIT
/**
 * A small writer for demonstrations and tests: one thread, no nesting. The
 * writer for guests is `guest/core/ring.c`.
 *
 * @module
 */
import { ABI, BLOCK, PART, RECORD, RING_LIVE } from "../layout.ts";
import {
  HeaderWriter,
  planRegion,
  type WriterOptions,
  type WriterRing,
} from "./writer_header.ts";
import { MetadataWriter } from "./writer_metadata.ts";
import {
  clockPayload,
  klogPayload,
  type KlogText,
  takeoverPayload,
} from "./writer_payloads.ts";

export type { WriterOptions };

function monotonic(): bigint {
  return BigInt(Math.round(performance.now() * 1e6));
}

function randomId(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] | 1n;
}

/** Formats a region as a guest does, and writes records into it. */
export class RegionWriter {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #words: BigUint64Array;
  readonly #blockBytes: number;
  readonly #clock: () => bigint;
  readonly #header: HeaderWriter;
  readonly #rings: readonly WriterRing[];
  readonly #metadata: MetadataWriter;
  #epoch = 0;

  /**
   * @param buffer All of it becomes the region: a multiple of 4096 bytes.
   * @throws {RangeError} if it is too small for four blocks a ring.
   */
  constructor(buffer: ArrayBuffer, options: WriterOptions) {
    this.#view = new DataView(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#words = new BigUint64Array(buffer);
    this.#blockBytes = options.blockBytes ?? ABI.BLOCK_BYTES_MIN;
    this.#clock = options.clock ?? monotonic;
    const plan = planRegion(buffer.byteLength, options);
    this.#rings = plan.rings;
    this.#header = new HeaderWriter(buffer, plan);
    this.#metadata = new MetadataWriter(
      buffer,
      plan.metaOffset,
      plan.metaBytes,
    );
    this.#header.begin(options.sessionId ?? randomId());
    this.#metadata.begin(0);
    const { guestName = "simulated", driverVersion = "" } = options;
    this.#header.finish(this.#clock(), guestName, driverVersion);
  }

  /** How many rings there are, including the kernel log's. */
  get nrRings(): number {
    return this.#rings.length;
  }

  /** Longest payload that is written as one record, in bytes. */
  get maxPayloadBytes(): number {
    return ((((this.#blockBytes - BLOCK.size) / 2) >>> 3) << 3) - RECORD.size;
  }

  /**
   * Records a payload; a long one is split into parts, as in the guest.
   *
   * @returns Payload bytes written.
   */
  write(ringIndex: number, id: number, payload: Uint8Array): number {
    const size = Math.min(payload.length, ABI.MESSAGE_BYTES_MAX);
    if (size <= this.maxPayloadBytes) {
      this.#record(ringIndex, id, payload.subarray(0, size));
      return size;
    }
    const most = this.maxPayloadBytes - PART.size;
    const firstSeq = this.#rings[ringIndex].seq;
    for (let offset = 0; offset < size; offset += most) {
      const data = payload.subarray(offset, Math.min(size, offset + most));
      const part = new Uint8Array(PART.size + data.length);
      const head = new DataView(part.buffer);
      head.setUint32(PART.firstSeq, firstSeq % 2 ** 32, true);
      head.setUint32(PART.offsetBytes, offset, true);
      head.setUint32(PART.totalBytes, size, true);
      head.setUint16(PART.id, id, true);
      head.setUint16(PART.dataBytes, data.length, true);
      part.set(data, PART.size);
      this.#record(ringIndex, ABI.ID_PART, part);
    }
    return size;
  }

  /** Records a message of the kernel log. */
  log(message: KlogText): void {
    this.write(this.nrRings - 1, ABI.ID_KLOG, klogPayload(message));
  }

  /** Records how the clock relates to UTC. @param reason `ABI.ANNOUNCE_*`. */
  announce(utcNs: bigint, reason: number): void {
    const payload = clockPayload(this.#clock(), utcNs, reason, this.#epoch);
    this.write(this.nrRings - 1, ABI.ID_CLOCK, payload);
  }

  /**
   * Publishes the format of a kernel event, for records from now on; or symbols.
   *
   * @param text "system: NAME", a newline, and the tracefs format file's text.
   * @returns False if the metadata area has no room for it.
   */
  describe(id: number, text: string | Uint8Array<ArrayBuffer>): boolean {
    const bytes = typeof text === "string"
      ? new TextEncoder().encode(text)
      : text;
    return this.#metadata.append(id, this.#clock(), bytes);
  }

  /** Does what a driver does that starts in this region: begins an epoch. */
  restart(): void {
    this.#epoch++;
    this.#header.restart(this.#epoch);
    this.#metadata.begin(this.#epoch);
    const payload = takeoverPayload(ABI.TAKEOVER_BOOT, this.#epoch);
    for (let i = 0; i < this.nrRings; i++) {
      this.#rings[i].turns = true;
      this.write(i, ABI.ID_TAKEOVER, payload);
    }
    this.#header.seal();
  }

  /** Reports that the driver is gone. */
  unload(): void {
    this.#header.state = ABI.STATE_UNLOADED;
  }

  #record(ringIndex: number, id: number, payload: Uint8Array): void {
    const ring = this.#rings[ringIndex];
    const size = this.#blockBytes;
    const bytes = (RECORD.size + payload.length + 7) & ~7;
    const now = this.#clock();
    const offset = ring.position % size;
    let block = Math.floor(ring.position / size);
    let start = ring.position;
    if (ring.turns || offset === 0 || offset + bytes > size) {
      ring.turns = false;
      if (offset !== 0) block++;
      this.#turnBlock(ring, block, now);
      start = block * size + BLOCK.size;
    }
    const at = this.#slot(ring, block) + start % size;
    this.#view.setBigUint64(at + RECORD.timestamp, now, true);
    this.#view.setUint16(at + RECORD.id, id, true);
    this.#view.setUint16(at + RECORD.len, payload.length, true);
    this.#view.setUint32(at + RECORD.seq, ring.seq % 2 ** 32, true);
    this.#bytes.set(payload, at + RECORD.size);
    ring.position = start + bytes;
    ring.pad = bytes - RECORD.size - payload.length;
    ring.seq++;
    this.#store(ring.live + RING_LIVE.commitSeq, BigInt(ring.seq));
    // MO(RegionWriter.record:A) pairs with RingReader.loadCommit:A. It stands for
    // publish:B: the store is sequentially consistent.
    this.#store(
      ring.live + RING_LIVE.commit,
      BigInt(ring.position) | BigInt(ring.pad),
    );
  }

  /**
   * Begins a block: numbers it before it writes anything else there, closes the
   * block before it, and fills in its header.
   */
  #turnBlock(ring: WriterRing, block: number, now: bigint): void {
    const view = this.#view;
    const at = this.#slot(ring, block);
    const last = this.#slot(ring, block - 1);
    // MO(RegionWriter.turnBlock:A) pairs with RingReader.drain:A. It stands for
    // ensure_numbers:A and the barrier behind that. A plain store could pass it
    // in theory, on a machine that is not x86: this writer is for tests.
    this.#store(at + BLOCK.packetSeqNum, BigInt(block));
    const content = ring.position - ring.pad - (block - 1) * this.#blockBytes;
    view.setUint32(last + BLOCK.contentSize, content * 8, true);
    view.setBigUint64(last + BLOCK.timestampEnd, now, true);
    view.setBigUint64(last + BLOCK.eventsDiscarded, 0n, true);
    view.setUint32(at + BLOCK.magic, ABI.BLOCK_MAGIC, true);
    view.setUint32(at + BLOCK.streamId, ring.kind, true);
    view.setBigUint64(at + BLOCK.timestampBegin, now, true);
    view.setUint32(at + BLOCK.packetSize, this.#blockBytes * 8, true);
    view.setBigUint64(at + BLOCK.firstSeq, BigInt(ring.seq), true);
    view.setUint32(at + BLOCK.cpuId, ring.cpu, true);
    view.setUint32(at + BLOCK.epoch, this.#epoch, true);
  }

  #store(offset: number, value: bigint): void {
    // MO(RegionWriter.store:A) has no pair of its own: its callers name theirs.
    Atomics.store(this.#words, offset / 8, value);
  }

  #slot(ring: WriterRing, block: number): number {
    return ring.dataOffset + (block % ring.nrBlocks) * this.#blockBytes;
  }
}
