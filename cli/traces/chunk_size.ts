// SPDX-License-Identifier: MIT
/**
 * When a chunk of traces is full.
 *
 * @module
 */

/** When the traces end and new ones begin. */
export interface ChunkRules {
  /** Bytes in one chunk, at most, unless one batch has more. */
  readonly limitBytes?: number;
  /** A chunk takes nothing once its first packet is as old. */
  readonly limitMs?: number;
  /** Chunks kept; older ones are removed. */
  readonly keep?: number;
}

/** What a file or a folder takes on the disk besides its content, in bytes. */
const FILE_BYTES = 4096;

/** What the chunk that is written now takes. */
export class ChunkSize {
  readonly #rules: ChunkRules | undefined;
  #bytes = 0;
  #beganMs = 0;
  /** Path of the chunk's first trace; "" while it has none. */
  #firstTrace = "";

  /** @param rules Undefined for one chunk without end. */
  constructor(rules: ChunkRules | undefined) {
    this.#rules = rules;
  }

  /** Tells whether so many bytes have to go to another chunk. */
  isFull(bytes: number): boolean {
    if (this.#rules === undefined || this.#bytes === 0) return false;
    const { limitBytes = Infinity, limitMs = Infinity } = this.#rules;
    return this.#bytes + bytes > limitBytes ||
      performance.now() - this.#beganMs >= limitMs;
  }

  /** Begins another chunk. */
  begin(): void {
    this.#bytes = 0;
    this.#firstTrace = "";
  }

  /** Notes that a packet is about to be written. */
  willWrite(): void {
    if (this.#bytes === 0) this.#beganMs = performance.now();
  }

  /** Notes that a packet was written. */
  wrote(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * Charges to the chunk what a trace takes besides its packets, because a
   * guest that counts its epoch or its sessions on and on would fill the disk
   * with traces of a record each. No chunk can do without its first trace,
   * which is free: it must not be full before it has any packets.
   *
   * @param trace Path of the trace. @param files New files and folders.
   * @param bytes What is in them.
   */
  charge(trace: string, files: number, bytes = 0): void {
    this.#firstTrace ||= trace;
    if (trace !== this.#firstTrace) this.#bytes += files * FILE_BYTES + bytes;
  }
}
