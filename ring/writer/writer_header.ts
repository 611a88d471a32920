// SPDX-License-Identifier: MIT
/**
 * Writes the header of the small writer's region, see `RegionWriter`.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import {
  ABI,
  CONSUMER,
  HOST,
  LIVE,
  REGION_HEADER as H,
  RING_DESC,
  RING_GEOMETRY,
  RING_LIVE,
} from "../layout.ts";

/** What a simulated guest is like. */
export interface WriterOptions {
  /** Trace rings; ring i belongs to CPU i. The kernel log ring comes last. */
  readonly nrTrace: number;
  /** Bytes of a block, a power of two; 4096 if not given. */
  readonly blockBytes?: number;
  /** Bytes for the kernel log ring; 65536 if not given. */
  readonly klogBytes?: number;
  /** Bytes for the metadata area, both parts; a multiple of 8192, none if not
   * given. */
  readonly metaBytes?: number;
  /** Returns nanoseconds; `performance.now()` if not given. */
  readonly clock?: () => bigint;
  /** The session's id; random if not given. */
  readonly sessionId?: bigint;
  /** The guest's name, at most 63 bytes; "simulated" if not given. */
  readonly guestName?: string;
  /** Version of the driver, at most 31 bytes; empty if not given. */
  readonly driverVersion?: string;
}

const LIVE_OFFSET = 2048;
const HOST_OFFSET = ABI.PAGE_BYTES;

const inPages = (bytes: number) =>
  Math.ceil(bytes / ABI.PAGE_BYTES) * ABI.PAGE_BYTES;

/** A ring, and where its writer is in it. */
export interface WriterRing {
  /** `ABI.KIND_*`. */
  readonly kind: number;
  /** Guest CPU number, or `ABI.CPU_NONE`. */
  readonly cpu: number;
  /** Offset of slot 0. */
  readonly dataOffset: number;
  /** Number of slots. */
  readonly nrBlocks: number;
  /** Offset of `struct ivring_ring_live`. */
  readonly live: number;
  /** Position of the end of the last record. */
  position: number;
  /** Padding of the last record. */
  pad: number;
  /** Sequence of the next record. */
  seq: number;
  /** Whether the next record begins a block even if this one has room. */
  turns: boolean;
}

/** Where everything lies. */
export interface RegionPlan {
  /** Bytes of a block, the same in every ring. */
  readonly blockBytes: number;
  /** Bytes of the host's pages, which the descriptors follow. */
  readonly hostBytes: number;
  /** Offset of the metadata area. */
  readonly metaOffset: number;
  /** Bytes of both its parts together; 0 if there is none. */
  readonly metaBytes: number;
  /** The rings; the kernel log's is the last. */
  readonly rings: readonly WriterRing[];
}

/**
 * Lays a region out.
 *
 * @throws {RangeError} if it is too small for four blocks a ring.
 */
export function planRegion(
  regionBytes: number,
  options: WriterOptions,
): RegionPlan {
  const { nrTrace, klogBytes = 65536, metaBytes = 0 } = options;
  const { blockBytes = ABI.BLOCK_BYTES_MIN } = options;
  const nrRings = nrTrace + 1;
  const hostBytes = inPages(HOST.size + nrRings * CONSUMER.size);
  const ringsOffset = HOST_OFFSET + hostBytes;
  const metaOffset = inPages(ringsOffset + nrRings * RING_DESC.size);
  const dataOffset = metaOffset + metaBytes;
  const klogBlocks = Math.floor(klogBytes / blockBytes);
  const rest = regionBytes - dataOffset - klogBlocks * blockBytes;
  const blocks = Math.floor(rest / nrTrace / blockBytes);
  if (Math.min(blocks, klogBlocks) < ABI.BLOCKS_MIN) {
    throw new RangeError("too small for four blocks a ring");
  }
  const rings = Array.from({ length: nrRings }, (_, i): WriterRing => {
    const isKlog = i === nrTrace;
    return {
      kind: isKlog ? ABI.KIND_KLOG : ABI.KIND_TRACE,
      cpu: isKlog ? ABI.CPU_NONE : i,
      dataOffset: dataOffset + i * blocks * blockBytes,
      nrBlocks: isKlog ? klogBlocks : blocks,
      live: ringsOffset + i * RING_DESC.size + RING_DESC.live,
      position: blockBytes,
      pad: 0,
      seq: 0,
      turns: false,
    };
  });
  return { blockBytes, hostBytes, metaOffset, metaBytes, rings };
}

/** Writes the header, the live line and the ring descriptors. */
export class HeaderWriter {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #words: BigUint64Array;
  readonly #plan: RegionPlan;

  /** @param buffer The region. */
  constructor(buffer: ArrayBuffer, plan: RegionPlan) {
    this.#view = new DataView(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#words = new BigUint64Array(buffer);
    this.#plan = plan;
  }

  /** The state that the guest reports: `ABI.STATE_*`. */
  set state(state: number) {
    this.#view.setUint32(LIVE_OFFSET + LIVE.state, state, true);
  }

  /** Begins a session: clears what lies before the data. */
  begin(sessionId: bigint): void {
    const { rings, metaOffset, metaBytes } = this.#plan;
    // MO(HeaderWriter.begin:A) pairs with readHeader:B. It stands for
    // ivring_region_attach:B and, with the session id behind it, for
    // ivring_region_attach:C.
    this.#store(H.magic, 0n);
    this.#store(H.sessionId, sessionId);
    this.#bytes.fill(0, H.bootId, metaOffset + metaBytes);
    for (const ring of rings) this.#describe(ring);
  }

  /** Writes the session's header; it is valid from then on. */
  finish(clockBase: bigint, guestName: string, driverVersion: string): void {
    const view = this.#view;
    const { blockBytes, hostBytes, metaOffset, metaBytes, rings } = this.#plan;
    const dataBytes = rings.reduce((n, r) => n + r.nrBlocks * blockBytes, 0);
    view.setUint16(H.abiMajor, ABI.ABI_MAJOR, true);
    view.setUint16(H.abiMinor, ABI.ABI_MINOR, true);
    view.setUint32(H.headerBytes, H.size, true);
    view.setUint32(H.blockBytes, blockBytes, true);
    view.setBigUint64(H.regionBytes, BigInt(this.#bytes.length), true);
    crypto.getRandomValues(this.#bytes.subarray(H.bootId, H.bootId + 16));
    view.setUint32(H.clockId, ABI.CLOCK_MONOTONIC, true);
    view.setBigUint64(H.clockHz, 1_000_000_000n, true);
    view.setBigUint64(H.clockBase, clockBase, true);
    view.setBigUint64(H.utcBaseNs, BigInt(Date.now()) * 1_000_000n, true);
    view.setUint32(H.liveOffset, LIVE_OFFSET, true);
    view.setUint32(H.hostOffset, HOST_OFFSET, true);
    view.setUint32(H.hostBytes, hostBytes, true);
    view.setUint32(H.ringsOffset, HOST_OFFSET + hostBytes, true);
    view.setUint32(H.nrRings, rings.length, true);
    view.setUint32(H.ringStride, RING_DESC.size, true);
    view.setBigUint64(H.metaOffset, BigInt(metaBytes && metaOffset), true);
    view.setBigUint64(H.metaBytes, BigInt(metaBytes), true);
    view.setBigUint64(H.dataOffset, BigInt(metaOffset + metaBytes), true);
    view.setBigUint64(H.dataBytes, BigInt(dataBytes), true);
    this.#text(H.guestName, ABI.NAME_BYTES, guestName);
    this.#text(H.driverVersion, ABI.VERSION_BYTES, driverVersion);
    this.state = ABI.STATE_RUNNING;
    this.seal();
  }

  /** Begins to write the header of another epoch, which `seal` completes. */
  restart(epoch: number): void {
    this.#store(H.magic, 0n);
    this.#view.setUint32(H.epoch, epoch, true);
    crypto.getRandomValues(this.#bytes.subarray(H.bootId, H.bootId + 16));
  }

  /** Writes the checksum and then, last of all, the magic. */
  seal(): void {
    const header = this.#bytes.slice(0, H.size);
    const view = new DataView(header.buffer);
    view.setBigUint64(H.magic, ABI.MAGIC, true);
    view.setUint32(H.checksum, 0, true);
    let crc = crc32(header);
    for (const ring of this.#plan.rings) {
      const at = ring.live - RING_DESC.live;
      crc = crc32(this.#bytes.slice(at, at + RING_GEOMETRY.size), crc);
    }
    this.#view.setUint32(H.checksum, crc, true);
    // MO(HeaderWriter.seal:A) pairs with readHeader:A. It stands for
    // ivring_region_attach:E: the store is sequentially consistent.
    this.#store(H.magic, ABI.MAGIC);
  }

  #describe(ring: WriterRing): void {
    const view = this.#view;
    const at = ring.live - RING_DESC.live;
    const dataOffset = BigInt(ring.dataOffset);
    view.setUint32(at + RING_GEOMETRY.kind, ring.kind, true);
    view.setUint32(at + RING_GEOMETRY.cpu, ring.cpu, true);
    view.setBigUint64(at + RING_GEOMETRY.dataOffset, dataOffset, true);
    view.setUint32(at + RING_GEOMETRY.nrBlocks, ring.nrBlocks, true);
    view.setUint32(at + RING_GEOMETRY.blockBytes, this.#plan.blockBytes, true);
    this.#store(ring.live + RING_LIVE.commit, BigInt(ring.position));
  }

  #text(offset: number, bytes: number, text: string): void {
    const field = this.#bytes.subarray(offset, offset + bytes - 1);
    new TextEncoder().encodeInto(text, field);
  }

  #store(offset: number, value: bigint): void {
    // MO(HeaderWriter.store:A) has no pair of its own: its callers name theirs.
    Atomics.store(this.#words, offset / 8, value);
  }
}
