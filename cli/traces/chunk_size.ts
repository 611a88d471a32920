// SPDX-License-Identifier: MIT
/**
 * Decides when a chunk of traces is full.
 *
 * @module
 */

/** When a chunk ends, and how many are kept. */
export interface ChunkRules {
  /** The most bytes in one chunk, unless one batch has more. */
  readonly limitBytes?: number;
  /**
   * The age of a chunk's first packet, in ms, from which on the chunk is full.
   */
  readonly limitMs?: number;
  /** How many chunks are kept; older ones are removed. */
  readonly keep?: number;
}

/** What a file or a folder takes on the disk besides its content, in bytes. */
const FILE_BYTES = 4096;

/** Measures the chunk that is written now. */
export class ChunkSize {
  readonly #rules: ChunkRules | undefined;
  #bytes = 0;
  #beganMs = 0;
  /** The path of the chunk's first trace; "" while it has none. */
  #firstTrace = "";

  /** @param rules Undefined for one chunk without end. */
  constructor(rules: ChunkRules | undefined) {
    this.#rules = rules;
  }

  /** Tells whether these bytes have to go to another chunk. */
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

  /** Takes note that a packet is about to be written. */
  willWrite(): void {
    if (this.#bytes === 0) this.#beganMs = performance.now();
  }

  /** Takes note that a packet was written. */
  wrote(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * Adds to the chunk what a trace takes besides its packets. Otherwise a guest
   * that counts its epoch or its sessions on and on could fill the disk with
   * traces of one record each. The first trace costs nothing, because no chunk
   * can do without it, and the chunk must not be full before it has any
   * packets.
   *
   * @param trace Path of the trace.
   * @param files New files and folders.
   * @param bytes What is in them.
   */
  charge(trace: string, files: number, bytes = 0): void {
    this.#firstTrace ||= trace;
    if (trace !== this.#firstTrace) this.#bytes += files * FILE_BYTES + bytes;
  }
}
