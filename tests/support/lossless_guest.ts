// SPDX-License-Identifier: MIT
/**
 * A simulated guest that drops what its consumer has left no room for.
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
  /** Written, and not dropped. */
  written = 0;
  /** Refused, and counted in the region. */
  dropped = 0;
  /** Longest stretch that the consumer had left to be read, in bytes. */
  mostUnread = 0;

  /** @param writer Of the region in `buffer`. */
  constructor(buffer: ArrayBuffer, writer: RegionWriter) {
    this.#buffer = buffer;
    this.#view = new DataView(buffer);
    this.#writer = writer;
    this.#info = readHeader(buffer)!;
    const { liveOffset } = this.#info;
    this.#view.setUint32(liveOffset + LIVE.mode, ABI.MODE_LOSSLESS, true);
  }

  /** Whether there is a consumer of this session. */
  get consumed(): boolean {
    return this.#host(HOST.sessionId) === this.#info.sessionId;
  }

  /** Changes while the consumer lives. */
  get beat(): bigint {
    return this.#host(HOST.beat);
  }

  /** What lies before it may be overwritten, in ring 0. */
  get position(): number {
    return Number(this.#host(HOST.size + CONSUMER.position));
  }

  /** End of what was written to ring 0. */
  get commit(): number {
    const commit = this.#live(RING_LIVE.commit);
    return Number(commit - commit % 8n);
  }

  /** Writes "NUMBER ..." of so many bytes, numbers without a gap. */
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

  /** As the driver decides: PROTOCOL.md, "Lossless". */
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
