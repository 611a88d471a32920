// SPDX-License-Identifier: MIT
/**
 * A small writer for demonstrations and tests: one thread, no nesting. The
 * writer for guests is `guest/ivring_ring.c`.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import {
  ABI,
  BLOCK,
  LIVE,
  PART,
  RECORD,
  REGION_HEADER as H,
  RING_DESC,
  RING_GEOMETRY,
  RING_LIVE,
} from "./layout.ts";

/** What a simulated guest is like. */
export interface WriterOptions {
  /** Trace rings; ring i belongs to CPU i. The kernel log ring comes last. */
  readonly nrTrace: number;
  /** A power of two; 4096 if not given. */
  readonly blockBytes?: number;
  /** Bytes for the kernel log ring; 65536 if not given. */
  readonly klogBytes?: number;
  /** Nanoseconds; `performance.now()` if not given. */
  readonly clock?: () => bigint;
  /** Random if not given. */
  readonly sessionId?: bigint;
  /** At most 63 bytes. */
  readonly guestName?: string;
}

const LIVE_OFFSET = 2048;
const HOST_OFFSET = ABI.PAGE_BYTES;
const RINGS_OFFSET = 2 * ABI.PAGE_BYTES;

interface RingState {
  readonly kind: number;
  readonly cpu: number;
  readonly dataOffset: number;
  readonly nrBlocks: number;
  readonly live: number;
  position: number;
  pad: number;
  seq: number;
}

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
  readonly #rings: RingState[] = [];

  /**
   * @param buffer All of it becomes the region: a multiple of 4096 bytes.
   * @throws {RangeError} where it is too small for four blocks a ring.
   */
  constructor(buffer: ArrayBuffer, options: WriterOptions) {
    this.#view = new DataView(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#words = new BigUint64Array(buffer);
    this.#blockBytes = options.blockBytes ?? ABI.BLOCK_BYTES_MIN;
    this.#clock = options.clock ?? monotonic;
    this.#format(options);
  }

  /** Rings, the kernel log's included. */
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

  /** Says that the driver is gone. */
  unload(): void {
    this.#view.setUint32(LIVE_OFFSET + LIVE.state, ABI.STATE_UNLOADED, true);
  }

  #record(ringIndex: number, id: number, payload: Uint8Array): void {
    const ring = this.#rings[ringIndex];
    const size = this.#blockBytes;
    const bytes = (RECORD.size + payload.length + 7) & ~7;
    const now = this.#clock();
    const offset = ring.position % size;
    let block = Math.floor(ring.position / size);
    let start = ring.position;
    if (offset === 0 || offset + bytes > size) {
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
    // (2) a sequentially consistent store; pairs with the reader's (3).
    this.#store(
      ring.live + RING_LIVE.commit,
      BigInt(ring.position) | BigInt(ring.pad),
    );
  }

  /** Numbers the block, before all else in it, closes the last, opens it. */
  #turnBlock(ring: RingState, block: number, now: bigint): void {
    const view = this.#view;
    const at = this.#slot(ring, block);
    const last = this.#slot(ring, block - 1);
    // (1) sequentially consistent; pairs with the reader's (4).
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
    view.setUint32(at + BLOCK.epoch, 0, true);
  }

  #store(offset: number, value: bigint): void {
    Atomics.store(this.#words, offset / 8, value);
  }

  #slot(ring: RingState, block: number): number {
    return ring.dataOffset + (block % ring.nrBlocks) * this.#blockBytes;
  }

  #plan(options: WriterOptions): number {
    const { nrTrace, klogBytes = 65536 } = options;
    const size = this.#blockBytes;
    const table = RINGS_OFFSET + (nrTrace + 1) * RING_DESC.size;
    const dataOffset = Math.ceil(table / ABI.PAGE_BYTES) * ABI.PAGE_BYTES;
    const klogBlocks = Math.floor(klogBytes / size);
    const rest = this.#bytes.length - dataOffset - klogBlocks * size;
    const blocks = Math.floor(rest / nrTrace / size);
    if (Math.min(blocks, klogBlocks) < ABI.BLOCKS_MIN) {
      throw new RangeError("too small for four blocks a ring");
    }
    for (let i = 0; i <= nrTrace; i++) {
      const klog = i === nrTrace;
      this.#rings.push({
        kind: klog ? ABI.KIND_KLOG : ABI.KIND_TRACE,
        cpu: klog ? ABI.CPU_NONE : i,
        dataOffset: dataOffset + i * blocks * size,
        nrBlocks: klog ? klogBlocks : blocks,
        live: RINGS_OFFSET + i * RING_DESC.size + RING_DESC.live,
        position: size,
        pad: 0,
        seq: 0,
      });
    }
    return dataOffset;
  }

  #format(options: WriterOptions): void {
    const view = this.#view;
    const size = this.#blockBytes;
    const dataOffset = this.#plan(options);
    this.#store(H.magic, 0n);
    this.#store(H.sessionId, options.sessionId ?? randomId());
    this.#bytes.fill(0, LIVE_OFFSET, dataOffset);
    view.setUint16(H.abiMajor, ABI.ABI_MAJOR, true);
    view.setUint16(H.abiMinor, ABI.ABI_MINOR, true);
    view.setUint32(H.headerBytes, H.size, true);
    view.setUint32(H.blockBytes, size, true);
    view.setBigUint64(H.regionBytes, BigInt(this.#bytes.length), true);
    crypto.getRandomValues(this.#bytes.subarray(H.bootId, H.bootId + 16));
    view.setUint32(H.clockId, ABI.CLOCK_MONOTONIC, true);
    view.setBigUint64(H.clockHz, 1_000_000_000n, true);
    view.setBigUint64(H.clockBase, this.#clock(), true);
    view.setBigUint64(H.utcBaseNs, BigInt(Date.now()) * 1_000_000n, true);
    view.setUint32(H.liveOffset, LIVE_OFFSET, true);
    view.setUint32(H.hostOffset, HOST_OFFSET, true);
    view.setUint32(H.hostBytes, ABI.PAGE_BYTES, true);
    view.setUint32(H.ringsOffset, RINGS_OFFSET, true);
    view.setUint32(H.nrRings, this.nrRings, true);
    view.setUint32(H.ringStride, RING_DESC.size, true);
    view.setBigUint64(H.dataOffset, BigInt(dataOffset), true);
    const dataBytes = this.#rings.reduce((n, r) => n + r.nrBlocks * size, 0);
    view.setBigUint64(H.dataBytes, BigInt(dataBytes), true);
    new TextEncoder().encodeInto(
      options.guestName ?? "simulated",
      this.#bytes.subarray(H.guestName, H.guestName + ABI.NAME_BYTES - 1),
    );
    for (const ring of this.#rings) this.#describe(ring);
    view.setUint32(LIVE_OFFSET + LIVE.state, ABI.STATE_RUNNING, true);
    this.#seal();
  }

  #describe(ring: RingState): void {
    const view = this.#view;
    const at = ring.live - RING_DESC.live;
    view.setUint32(at + RING_GEOMETRY.kind, ring.kind, true);
    view.setUint32(at + RING_GEOMETRY.cpu, ring.cpu, true);
    view.setBigUint64(
      at + RING_GEOMETRY.dataOffset,
      BigInt(ring.dataOffset),
      true,
    );
    view.setUint32(at + RING_GEOMETRY.nrBlocks, ring.nrBlocks, true);
    view.setUint32(at + RING_GEOMETRY.blockBytes, this.#blockBytes, true);
    this.#store(ring.live + RING_LIVE.commit, BigInt(ring.position));
  }

  /** Checksum, then the magic, last. */
  #seal(): void {
    const header = this.#bytes.slice(0, H.size);
    const view = new DataView(header.buffer);
    view.setBigUint64(H.magic, ABI.MAGIC, true);
    view.setUint32(H.checksum, 0, true);
    let crc = crc32(header);
    for (const ring of this.#rings) {
      const at = ring.live - RING_DESC.live;
      crc = crc32(this.#bytes.slice(at, at + RING_GEOMETRY.size), crc);
    }
    this.#view.setUint32(H.checksum, crc, true);
    this.#store(H.magic, ABI.MAGIC); // (5) pairs with readHeader's load
  }
}
