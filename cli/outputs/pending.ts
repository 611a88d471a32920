// SPDX-License-Identifier: MIT
/**
 * Messages on their way out: which of them are written, byte for byte.
 *
 * @module
 */

const FIELDS = 3;
const BYTES = 0;
const RECORDS = 1;
const PAYLOAD = 2;

/** What messages amount to. */
export interface Amount {
  /** Records they were made of. */
  records: number;
  /** Bytes of payload. */
  bytes: number;
}

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

  /** Appends a message. @param bytes Its length as output; may be 0. */
  push(bytes: number, records: number, payloadBytes: number): void {
    if (this.#tail === this.#fields.length) this.#makeRoom();
    const at = this.#tail;
    this.#fields[at + BYTES] = bytes;
    this.#fields[at + RECORDS] = records;
    this.#fields[at + PAYLOAD] = payloadBytes;
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

  /** Forgets all. @returns What was not written whole. */
  drop(): Amount {
    const amount: Amount = { records: 0, bytes: 0 };
    for (let at = this.#head; at < this.#tail; at += FIELDS) {
      amount.records += this.#fields[at + RECORDS];
      amount.bytes += this.#fields[at + PAYLOAD];
    }
    this.#head = this.#tail = this.#begun = 0;
    return amount;
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
