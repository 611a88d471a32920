// SPDX-License-Identifier: MIT
/**
 * Gathers output: appended record by record, and written in large pieces.
 *
 * @module
 */

const ENCODER = new TextEncoder();
/** Up to this length a loop is faster than a view and a copy. */
const LOOP_BYTES = 64;
const CHUNK_BYTES = 256 * 1024;

/** A buffer of bytes that grows. */
export class OutputBuffer {
  /** The length from which on it is worth writing out. */
  static readonly FULL_BYTES: number = CHUNK_BYTES;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #length = 0;

  /** @param roomBytes The initial room; it grows. */
  constructor(roomBytes: number = 2 * CHUNK_BYTES) {
    this.#bytes = new Uint8Array(roomBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** How many bytes were appended and not taken. */
  get length(): number {
    return this.#length;
  }

  /** The memory; `reserve` and every append may replace it. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** A view of the same memory. */
  get view(): DataView<ArrayBuffer> {
    return this.#view;
  }

  /** The bytes appended and not taken; valid until the next append. */
  get pending(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Removes the first `count` bytes, which were written. */
  take(count: number): void {
    if (count < this.#length) this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
  }

  /**
   * Makes room for a formatter that fills in bytes itself.
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

  /** Sets how far the memory from `reserve` is filled now. */
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

  /**
   * Appends text that is ASCII.
   *
   * @returns False, and nothing is appended, if it is not.
   */
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
