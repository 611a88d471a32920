// SPDX-License-Identifier: MIT
/**
 * Pages of one CPU, as the kernel's ring buffer has them and trace.dat files
 * hold them.
 *
 * Source: Documentation/trace/ring-buffer-map.rst and
 * include/linux/ring_buffer.h of Linux.
 *
 * @module
 */

/** Bytes of a page. */
export const PAGE_BYTES = 4096;
/** Timestamp and commit field in front of each page's events. */
export const PAGE_HEADER_BYTES = 16;

const TIME = 0;
const COMMIT = 8;
/** The bit of the commit field which says that events are missing before the first
 * one of this page. */
const MISSED_EVENTS = 2 ** 31;
/** The bit which says that the page's last event is followed by how many are
 * missing. */
const MISSED_STORED = 2 ** 30;
const MISSED_BYTES = 8;
/** The event's own word, and the length of one too long for it. */
const EVENT_HEADER_BYTES = 8;
const TYPE_LEN_MAX = 28;
const TYPE_TIME_EXTEND = 30;
const TIME_EXTEND_BYTES = 8;
const DELTA_BITS = 27;
const DELTA_LIMIT = 2 ** DELTA_BITS;
/** A time further from the page's begins another page. */
const EXTENDED_LIMIT = 2n ** 53n;

/** An event with its padding takes so many bytes of a page, at most. */
export const EVENT_BYTES_MAX: number = PAGE_BYTES - PAGE_HEADER_BYTES -
  EVENT_HEADER_BYTES - MISSED_BYTES;

/** Fills pages with the events of one CPU, in order of time. */
export class PageWriter {
  readonly #page = new Uint8Array(PAGE_BYTES);
  readonly #view = new DataView(this.#page.buffer);
  readonly #write: (page: Uint8Array<ArrayBuffer>) => void;
  /** Bytes in use; 0 while no page is begun. */
  #used = 0;
  #time = 0n;
  /** Events missing before the page's first. */
  #missed = 0;
  #pages = 0;

  /** @param write Takes each page; the bytes are reused after it returns. */
  constructor(write: (page: Uint8Array<ArrayBuffer>) => void) {
    this.#write = write;
  }

  /** Pages written. */
  get pages(): number {
    return this.#pages;
  }

  /** Tells that events are missing here. */
  missed(count: number): void {
    if (count > 0) this.flush();
    this.#missed += count;
  }

  /**
   * Appends an event, with one zero byte at least behind its payload.
   *
   * @param time Of the trace clock; not before the event's before it.
   * @param payload Fewer than `EVENT_BYTES_MAX` bytes, copied.
   * @throws {RangeError} where it is longer.
   */
  add(time: bigint, payload: Uint8Array): void {
    if (payload.length >= EVENT_BYTES_MAX) {
      throw new RangeError(`an event of ${payload.length} bytes fits no page`);
    }
    const words = (payload.length + 4) >>> 2;
    // Before a page is begun there is nothing it could be later than.
    let delta = this.#used === 0 ? 0n : time - this.#time;
    const extended = delta >= DELTA_LIMIT;
    const bytes = EVENT_HEADER_BYTES + words * 4 +
      (extended ? TIME_EXTEND_BYTES : 0);
    const end = PAGE_BYTES - (this.#missed > 0 ? MISSED_BYTES : 0);
    if (this.#used + bytes > end || delta >= EXTENDED_LIMIT) this.flush();
    if (this.#used === 0) {
      this.#begin(time);
      delta = 0n;
    }
    const ticks = delta >= DELTA_LIMIT ? this.#extend(delta) : Number(delta);
    this.#event(ticks, words, payload);
    this.#time = time;
  }

  /** Writes out a page that has been begun. */
  flush(): void {
    if (this.#used === 0) return;
    let commit = this.#used - PAGE_HEADER_BYTES;
    if (this.#missed > 0) {
      this.#view.setBigUint64(this.#used, BigInt(this.#missed), true);
      commit += MISSED_EVENTS + MISSED_STORED;
    }
    this.#view.setBigUint64(COMMIT, BigInt(commit), true);
    this.#write(this.#page);
    this.#pages++;
    this.#page.fill(0);
    this.#used = 0;
    this.#missed = 0;
  }

  #begin(time: bigint): void {
    this.#view.setBigUint64(TIME, time, true);
    this.#used = PAGE_HEADER_BYTES;
  }

  /** A delta too long for the event's own word goes before it. */
  #extend(delta: bigint): number {
    const low = Number(delta % BigInt(DELTA_LIMIT));
    const high = Number(delta / BigInt(DELTA_LIMIT));
    this.#word(low * 32 + TYPE_TIME_EXTEND);
    this.#word(high);
    return 0;
  }

  #event(delta: number, words: number, payload: Uint8Array): void {
    // An event without a payload would be taken for one with a length of its own.
    const short = words >= 1 && words <= TYPE_LEN_MAX;
    this.#word(delta * 32 + (short ? words : 0));
    if (!short) this.#word(words * 4 + 4);
    this.#page.set(payload, this.#used);
    this.#used += words * 4;
  }

  #word(value: number): void {
    this.#view.setUint32(this.#used, value, true);
    this.#used += 4;
  }
}
