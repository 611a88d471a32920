// SPDX-License-Identifier: MIT
/**
 * Output on its way: appended to record by record, written out in large pieces.
 *
 * @module
 */

const ENCODER = new TextEncoder();
/** Below this a loop is faster than a view and a copy. */
const LOOP_BYTES = 64;
const CHUNK_BYTES = 256 * 1024;

/** A growing row of bytes. */
export class OutputBuffer {
  /** Large enough to be worth writing out. */
  static readonly FULL_BYTES: number = CHUNK_BYTES;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #length = 0;

  /** @param roomBytes To begin with; it grows. */
  constructor(roomBytes: number = 2 * CHUNK_BYTES) {
    this.#bytes = new Uint8Array(roomBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes appended and not taken. */
  get length(): number {
    return this.#length;
  }

  /** The memory; another one after `reserve` or an append. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** The same memory. */
  get view(): DataView<ArrayBuffer> {
    return this.#view;
  }

  /** Those bytes; valid until the next append. */
  get pending(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets the first `count` bytes: they are written. */
  take(count: number): void {
    if (count < this.#length) this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
  }

  /**
   * Room for a formatter that fills in bytes itself.
   *
   * @returns The memory, with at least `count` bytes free behind `length`.
   */
  reserve(count: number): Uint8Array<ArrayBuffer> {
    const need = this.#length + count;
    if (need > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(need, 2 * this.#bytes.length));
      larger.set(this.pending);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return this.#bytes;
  }

  /** Says how far the memory from `reserve` is filled now. */
  filled(length: number): void {
    this.#length = length;
  }

  /** Appends part of an array. */
  append(source: Uint8Array, offset: number, count: number): void {
    const bytes = this.reserve(count);
    const at = this.#length;
    if (count <= LOOP_BYTES) {
      for (let i = 0; i < count; i++) bytes[at + i] = source[offset + i];
    } else {
      bytes.set(source.subarray(offset, offset + count), at);
    }
    this.#length = at + count;
  }

  /** Appends one byte. */
  appendByte(byte: number): void {
    this.reserve(1)[this.#length++] = byte;
  }

  /** Appends text as UTF-8. Not for the hottest path. */
  appendText(text: string): void {
    if (text.length <= LOOP_BYTES && this.#appendAscii(text)) return;
    const bytes = this.reserve(3 * text.length);
    const target = bytes.subarray(this.#length);
    this.#length += ENCODER.encodeInto(text, target).written;
  }

  /** @returns False where there is more in it than ASCII. */
  #appendAscii(text: string): boolean {
    const bytes = this.reserve(text.length);
    const at = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[at + i] = code;
    }
    this.#length = at + text.length;
    return true;
  }
}
