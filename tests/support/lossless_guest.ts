// SPDX-License-Identifier: MIT
/**
 * A simulated guest in lossless mode: it drops records that the consumer has
 * left no room for.
 *
 * @module
 */
import { readHeader, type RegionInfo } from "../../ring/header.ts";
import {
  ABI,
  CONSUMER,
  HOST,
  LIVE,
  RECORD,
  RING_DESC,
  RING_LIVE,
} from "../../ring/layout.ts";
import type { RegionWriter } from "../../ring/writer/writer.ts";
import { say } from "./regions.ts";

/** Writes numbered messages to ring 0, or drops them. */
export class LosslessGuest {
  readonly #buffer: ArrayBuffer;
  readonly #view: DataView;
  readonly #writer: RegionWriter;
  readonly #info: RegionInfo;
  /** How many messages were written. */
  written = 0;
  /** How many messages were dropped, which is also counted in the region. */
  dropped = 0;
  /** The most that was left unread, in bytes. */
  mostUnread = 0;

  /** @param writer The writer of the region in `buffer`. */
  constructor(buffer: ArrayBuffer, writer: RegionWriter) {
    this.#buffer = buffer;
    this.#view = new DataView(buffer);
    this.#writer = writer;
    this.#info = readHeader(buffer)!;
    const { liveOffset } = this.#info;
    this.#view.setUint32(liveOffset + LIVE.mode, ABI.MODE_LOSSLESS, true);
  }

  /** Whether this session has a consumer. */
  get consumed(): boolean {
    return this.#host(HOST.sessionId) === this.#info.sessionId;
  }

  /** A counter that changes while the consumer lives. */
  get beat(): bigint {
    return this.#host(HOST.beat);
  }

  /**
   * The consumer's position in ring 0: what is before it may be overwritten.
   */
  get position(): number {
    return Number(this.#host(HOST.size + CONSUMER.position));
  }

  /** The end of what is written to ring 0. */
  get commit(): number {
    const commit = this.#live(RING_LIVE.commit);
    return Number(commit - commit % 8n);
  }

  /**
   * Writes "NUMBER ..." of this many bytes; the numbers have no gap.
   *
   * @returns Whether there was room.
   */
  write(bytes = 40): boolean {
    const text = `${this.written} `.padEnd(bytes, "x");
    if (!this.#hasRoom(text.length)) {
      this.dropped++;
      const at = this.#liveOffset + RING_LIVE.drops;
      this.#view.setBigUint64(at, BigInt(this.dropped), true);
      return false;
    }
    say(this.#writer, 0, text);
    this.written++;
    return true;
  }

  /** Decides as the driver does: PROTOCOL.md, "Lossless". */
  #hasRoom(bytes: number): boolean {
    const { commit, position } = this;
    this.mostUnread = Math.max(this.mostUnread, commit - position);
    const { blockBytes, nrBlocks } = this.#info.rings[0];
    const size = (RECORD.size + bytes + 7) & ~7;
    const offset = commit % blockBytes;
    if (offset !== 0 && offset + size <= blockBytes) return true;
    const block = Math.ceil(commit / blockBytes);
    return !this.consumed ||
      (block + 1) * blockBytes - position <= nrBlocks * blockBytes;
  }

  get #liveOffset(): number {
    return this.#info.rings[0].descOffset + RING_DESC.live;
  }

  #live(field: number): bigint {
    return this.#view.getBigUint64(this.#liveOffset + field, true);
  }

  #host(field: number): bigint {
    const words = new BigUint64Array(this.#buffer);
    return Atomics.load(words, (this.#info.hostOffset + field) / 8);
  }
}
