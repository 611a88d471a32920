// SPDX-License-Identifier: MIT
/**
 * Writes the metadata area of the small writer, see `RegionWriter`.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { ABI, META, META_ENTRY } from "../layout.ts";

/** Writes the two parts of a metadata area. */
export class MetadataWriter {
  readonly #view: DataView;
  readonly #words: BigUint64Array;
  readonly #offset: number;
  readonly #partBytes: number;
  #epoch = 0;
  #used = 0;

  /** @param offset Where the area is. @param bytes Its size; 0 for no area. */
  constructor(buffer: ArrayBuffer, offset: number, bytes: number) {
    this.#view = new DataView(buffer);
    this.#words = new BigUint64Array(buffer);
    this.#offset = offset;
    this.#partBytes = bytes / ABI.META_PARTS;
  }

  /** Begins the part of a driver start, which forgets what was in it. */
  begin(epoch: number): void {
    if (this.#partBytes === 0) return;
    this.#epoch = epoch;
    this.#used = META.size;
    const at = this.#at;
    // MO(MetadataWriter.begin:A) pairs with MetadataPart.loadEpoch:A. If that reads
    // the epoch stored below, the commit read behind it is this 0, or a later one.
    Atomics.store(this.#words, (at + META.commit) / 8, 0n);
    // MO(MetadataWriter.begin:B) has no pair. Only its place behind the 0 matters.
    Atomics.store(this.#words, (at + META.epoch) / 8, BigInt(epoch));
    this.#publish();
  }

  /**
   * Appends a text.
   *
   * @returns False if there is no room, or if it is too long.
   */
  append(
    id: number,
    timestamp: bigint,
    text: Uint8Array<ArrayBuffer>,
  ): boolean {
    const end = this.#used + META_ENTRY.size + text.length;
    const next = Math.ceil(end / ABI.RECORD_ALIGN) * ABI.RECORD_ALIGN;
    if (next > this.#partBytes || text.length > ABI.META_TEXT_BYTES_MAX) {
      const refused = this.#at + META.refused;
      this.#view.setUint32(
        refused,
        this.#view.getUint32(refused, true) + 1,
        true,
      );
      return false;
    }
    const at = this.#at + this.#used;
    const view = this.#view;
    view.setBigUint64(at + META_ENTRY.timestamp, timestamp, true);
    view.setUint32(at + META_ENTRY.textBytes, text.length, true);
    view.setUint32(at + META_ENTRY.checksum, crc32(text), true);
    view.setUint16(at + META_ENTRY.id, id, true);
    view.setUint16(at + META_ENTRY.kind, ABI.META_FORMAT, true);
    const bytes = new Uint8Array(view.buffer, at, next - this.#used);
    bytes.fill(0, META_ENTRY.reserved);
    bytes.set(text, META_ENTRY.size);
    this.#used = next;
    this.#publish();
    return true;
  }

  get #at(): number {
    return this.#offset + this.#epoch % ABI.META_PARTS * this.#partBytes;
  }

  #publish(): void {
    const commit = (this.#at + META.commit) / 8;
    // MO(MetadataWriter.publish:A) pairs with MetadataPart.loadCommit:A. It stands
    // for append:B: the store is sequentially consistent.
    Atomics.store(this.#words, commit, BigInt(this.#used));
  }
}
