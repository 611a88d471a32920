// SPDX-License-Identifier: MIT
/**
 * Messages on their way out: which of them are written, byte for byte.
 *
 * @module
 */

/** How many numbers there are for a message: bytes of output, bytes of payload. */
const SIZES = 2;

/** Messages in a row that have this in common. */
interface Group {
  readonly owner: number;
  /** Each was made of. */
  readonly records: number;
  /** How many messages. */
  count: number;
}

/**
 * Told of a message that was not written whole.
 *
 * @param owner As given to `push`.
 * @param records It was made of. @param payloadBytes In these.
 */
export type Dropped = (
  owner: number,
  records: number,
  payloadBytes: number,
) => void;

/** A queue of messages, by their lengths. */
export class PendingMessages {
  #sizes = new Uint32Array(1024 * SIZES);
  #head = 0;
  #tail = 0;
  #groups: Group[] = [];
  #begun = 0;
  /** Bytes of all pending messages. */
  #bytes = 0;

  /** Bytes written of the message at the head. */
  get begunBytes(): number {
    return this.#begun;
  }

  /**
   * Appends a message.
   *
   * @param bytes Its length as output; may be 0.
   * @param owner Whose message it is: any whole number.
   */
  push(
    bytes: number,
    records: number,
    payloadBytes: number,
    owner: number,
  ): void {
    const sizes = this.room(1);
    const at = this.#tail;
    sizes[at] = bytes;
    sizes[at + 1] = payloadBytes;
    this.pushAll(1, bytes, records, owner);
  }

  /**
   * Memory that `pushAll` takes messages from: from `end` on, of each its bytes
   * as output and its bytes of payload. Valid until it is called again.
   */
  room(count: number): Uint32Array<ArrayBuffer> {
    const need = this.#tail + count * SIZES;
    if (need > this.#sizes.length) this.#makeRoom(count);
    return this.#sizes;
  }

  /** Where the memory from `room` has to be filled in. */
  get end(): number {
    return this.#tail;
  }

  /**
   * Appends messages whose sizes were filled in.
   *
   * @param bytes Of all together, as output. @param records Each was made of.
   */
  pushAll(count: number, bytes: number, records: number, owner: number): void {
    this.#tail += count * SIZES;
    this.#bytes += bytes;
    const last = this.#groups.at(-1);
    if (last?.owner === owner && last.records === records) last.count += count;
    else this.#groups.push({ owner, records, count });
  }

  /** Says that the next `count` bytes are written. */
  written(count: number): void {
    let left = this.#begun + count;
    if (left === this.#bytes) return this.#forget();
    this.#bytes -= left;
    const sizes = this.#sizes;
    while (this.#head < this.#tail && sizes[this.#head] <= left) {
      left -= sizes[this.#head];
      this.#shift();
    }
    this.#begun = left;
    this.#bytes += left;
  }

  /** Forgets all, and tells what was not written whole. */
  drop(each: Dropped): void {
    while (this.#head < this.#tail) {
      const { owner, records } = this.#groups[0];
      each(owner, records, this.#sizes[this.#head + 1]);
      this.#shift();
    }
    this.#forget();
  }

  #shift(): void {
    this.#head += SIZES;
    if (--this.#groups[0].count === 0) this.#groups.shift();
  }

  #forget(): void {
    this.#head =
      this.#tail =
      this.#begun =
      this.#bytes =
        0;
    this.#groups = [];
  }

  #makeRoom(count: number): void {
    const old = this.#sizes.subarray(this.#head, this.#tail);
    const need = old.length + count * SIZES;
    // Half of it free is room enough; copying stays rare.
    if (2 * need > this.#sizes.length) this.#sizes = new Uint32Array(2 * need);
    this.#sizes.set(old);
    this.#head = 0;
    this.#tail = old.length;
  }
}
