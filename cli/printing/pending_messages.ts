// SPDX-License-Identifier: MIT
/**
 * Keeps account of which messages are written, byte for byte.
 *
 * @module
 */

/**
 * How many numbers are kept for a message: its bytes of output, and of payload.
 */
const SIZES = 2;

/** Successive messages of one owner that were made of equally many records. */
interface Group {
  readonly owner: number;
  /** How many records each message was made of. */
  readonly records: number;
  /** How many messages the group has. */
  count: number;
}

/**
 * Called for each message that was not written whole.
 *
 * @param owner The owner that was given to `push`.
 * @param records How many records it was made of.
 * @param payloadBytes Bytes of payload in these.
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
   * @param owner Who owns the message: any whole number.
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
   * Returns the memory from which `pushAll` takes the sizes of messages: from
   * `end` on, the bytes of output and the bytes of payload of each. Valid until
   * the next call.
   */
  room(count: number): Uint32Array<ArrayBuffer> {
    const need = this.#tail + count * SIZES;
    if (need > this.#sizes.length) this.#makeRoom(count);
    return this.#sizes;
  }

  /**
   * The index in the memory from `room` at which the next sizes have to be put.
   */
  get end(): number {
    return this.#tail;
  }

  /**
   * Appends messages whose sizes were put in the memory from `room`.
   *
   * @param bytes Bytes of output of all these messages.
   * @param records How many records each was made of.
   */
  pushAll(count: number, bytes: number, records: number, owner: number): void {
    this.#tail += count * SIZES;
    this.#bytes += bytes;
    const last = this.#groups.at(-1);
    if (last?.owner === owner && last.records === records) last.count += count;
    else this.#groups.push({ owner, records, count });
  }

  /** Takes note that the next `count` bytes are written. */
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

  /** Forgets all messages, and reports those that were not written whole. */
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
    // If half of it stays free, copying stays rare.
    if (2 * need > this.#sizes.length) this.#sizes = new Uint32Array(2 * need);
    this.#sizes.set(old);
    this.#head = 0;
    this.#tail = old.length;
  }
}
