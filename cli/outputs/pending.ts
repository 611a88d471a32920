// SPDX-License-Identifier: MIT
/**
 * Messages on their way out: which of them are written, byte for byte.
 *
 * @module
 */

const FIELDS = 4;
const BYTES = 0;
const RECORDS = 1;
const PAYLOAD = 2;
const OWNER = 3;

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
  #fields = new Float64Array(1024 * FIELDS);
  #head = 0;
  #tail = 0;
  #begun = 0;

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
    if (this.#tail === this.#fields.length) this.#makeRoom();
    const at = this.#tail;
    this.#fields[at + BYTES] = bytes;
    this.#fields[at + RECORDS] = records;
    this.#fields[at + PAYLOAD] = payloadBytes;
    this.#fields[at + OWNER] = owner;
    this.#tail += FIELDS;
  }

  /** Says that the next `count` bytes are written. */
  written(count: number): void {
    let left = this.#begun + count;
    const fields = this.#fields;
    while (this.#head < this.#tail && fields[this.#head + BYTES] <= left) {
      left -= fields[this.#head + BYTES];
      this.#head += FIELDS;
    }
    this.#begun = left;
    if (this.#head === this.#tail) this.#head = this.#tail = 0;
  }

  /** Forgets all, and tells what was not written whole. */
  drop(each: Dropped): void {
    const fields = this.#fields;
    for (let at = this.#head; at < this.#tail; at += FIELDS) {
      each(fields[at + OWNER], fields[at + RECORDS], fields[at + PAYLOAD]);
    }
    this.#head = this.#tail = this.#begun = 0;
  }

  #makeRoom(): void {
    const count = this.#tail - this.#head;
    const fields = this.#fields;
    // Half of it free is room enough; copying stays rare.
    if (2 * count > fields.length) {
      this.#fields = new Float64Array(2 * fields.length);
    }
    this.#fields.set(fields.subarray(this.#head, this.#tail));
    this.#head = 0;
    this.#tail = count;
  }
}
