// SPDX-License-Identifier: MIT
/**
 * Writes the pages of one CPU, in the form that the kernel's ring buffer and
 * trace.dat files have.
 *
 * Source: Documentation/trace/ring-buffer-map.rst and
 * include/linux/ring_buffer.h of Linux.
 *
 * @module
 */

/** Bytes of a page. */
export const PAGE_BYTES = 4096;
/**
 * Bytes of the timestamp and the commit field in front of each page's events.
 */
export const PAGE_HEADER_BYTES = 16;

const TIME = 0;
const COMMIT = 8;
/**
 * The bit of the commit field which says that events are missing before the
 * first one of this page.
 */
const MISSED_EVENTS = 2 ** 31;
/**
 * The bit which says that the number of missing events follows the page's last
 * event.
 */
const MISSED_STORED = 2 ** 30;
const MISSED_BYTES = 8;
/**
 * Bytes of an event's own word, and of its length if that is too long for the
 * word.
 */
const EVENT_HEADER_BYTES = 8;
const TYPE_LEN_MAX = 28;
const TYPE_TIME_EXTEND = 30;
const TIME_EXTEND_BYTES = 8;
const DELTA_BITS = 27;
const DELTA_LIMIT = 2 ** DELTA_BITS;
/**
 * The distance in time from the last event from which on a new page is begun.
 */
const EXTENDED_LIMIT = 2n ** 53n;

/**
 * The most bytes of a page that an event's payload may take with its padding.
 */
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
  /** How many events are missing before the page's first. */
  #missed = 0;
  #pages = 0;

  /** @param write Takes each page; the bytes are reused after it returns. */
  constructor(write: (page: Uint8Array<ArrayBuffer>) => void) {
    this.#write = write;
  }

  /** How many pages were written. */
  get pages(): number {
    return this.#pages;
  }

  /** Takes note that events are missing here. */
  missed(count: number): void {
    if (count > 0) this.flush();
    this.#missed += count;
  }

  /**
   * Appends an event, with at least one zero byte behind its payload.
   *
   * @param time A time of the trace clock, not before that of the previous
   * event.
   * @param payload Fewer than `EVENT_BYTES_MAX` bytes, copied.
   * @throws {RangeError} if the payload is longer.
   */
  add(time: bigint, payload: Uint8Array): void {
    if (payload.length >= EVENT_BYTES_MAX) {
      throw new RangeError(`an event of ${payload.length} bytes fits no page`);
    }
    const words = (payload.length + 4) >>> 2;
    // The first event of a page needs no delta, since the page begins at its
    // time.
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

  /** Writes out the page that has been begun. */
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

  /**
   * Writes a delta that is too long for the event's own word in front of the
   * event. Returns what remains for the event's own word.
   */
  #extend(delta: bigint): number {
    const low = Number(delta % BigInt(DELTA_LIMIT));
    const high = Number(delta / BigInt(DELTA_LIMIT));
    this.#word(low * 32 + TYPE_TIME_EXTEND);
    this.#word(high);
    return 0;
  }

  #event(delta: number, words: number, payload: Uint8Array): void {
    // A `type_len` of 0 says that a length follows, so an event without a
    // payload gets a length, too.
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
