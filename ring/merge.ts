// SPDX-License-Identifier: MIT
/**
 * Merges rings by time. Within a ring, the order is the ring's own. Between
 * rings, it is that of the timestamps, as far as records wait for each other.
 *
 * @module
 */
import type { Batch } from "./batch.ts";
import type { BatchLender } from "./batch_pool.ts";
import type { RingCursor } from "./cursor.ts";
import type { RingReader } from "./ring_reader.ts";
import { before, DAWN, setTime, type Time } from "./guest_time.ts";

/** How many batches a ring may hold back. */
const BATCHES = 2;

/** One ring's records that wait to be delivered; at most two batches. */
export class RingQueue {
  readonly #batches: Batch[] = [];
  readonly #pool: BatchLender;
  /** Time of the record at the head; meaningless if `empty`. */
  readonly head: Time = { ...DAWN };
  /** Latest known time of the queued records; if `empty`, of those before. */
  readonly newest: Time = { ...DAWN };
  /** Whether the ring held more after the last fill. */
  backlog = false;
  /** Whether the last fill did not look at the ring, having got no batch. */
  starved = false;
  readonly #probe: Time = { ...DAWN };
  /** The ring's reader; drained by `fill`. */
  readonly reader: RingReader;

  /** @param reader The ring's reader. @param pool Lends memory. */
  constructor(reader: RingReader, pool: BatchLender) {
    this.reader = reader;
    this.#pool = pool;
  }

  /** Whether no record waits. */
  get empty(): boolean {
    return this.#batches.length === 0;
  }

  /** The batch at the head; its `next` is the record at the head. */
  get batch(): Batch {
    return this.#batches[0];
  }

  /** Returns where delivery is in the ring; null if that is not known. */
  cursor(): RingCursor | null {
    const { reader, empty } = this;
    const next = reader.cursor();
    if (empty || next === null) return next;
    const batch = this.#batches[0];
    const seq = batch.firstSeq + batch.next;
    return reader.cursorAt(batch.positionOf(batch.next), seq);
  }

  /** Drains the ring once, if it gets a batch. */
  fill(): void {
    const batch = this.#batches.length < BATCHES
      ? this.#pool.take(this.reader.ring.blockBytes)
      : null;
    this.starved = batch === null;
    if (batch === null) {
      this.backlog = true;
      return;
    }
    this.backlog = this.reader.drain(batch);
    if (batch.count === 0) {
      this.#pool.give(batch);
      return;
    }
    this.#batches.push(batch);
    if (this.#batches.length === 1) {
      setTime(this.newest, DAWN);
      this.#atHead(batch);
    }
    const last = { ...DAWN };
    batch.timeOf(batch.count - 1, last);
    if (before(this.newest, last)) setTime(this.newest, last);
  }

  /**
   * Returns how many messages from the head on may be delivered together: they
   * are in the head's batch, in order, and none is later than `last`. It is 0
   * if that batch holds other records.
   *
   * @param last A time not before the head; null for no limit.
   */
  run(last: Readonly<Time> | null): number {
    const batch = this.#batches[0];
    if (!batch.plain) return 0;
    const { next, count } = batch;
    const isDue = (index: number) => {
      batch.timeOf(index, this.#probe);
      return !before(last!, this.#probe);
    };
    if (last === null || isDue(count - 1)) return count - next;
    // Rings that take turns have short runs: look near the head first.
    let step = 1;
    while (next + step < count && isDue(next + step)) step *= 2;
    let low = next + (step >>> 1);
    let high = Math.min(next + step, count - 1);
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if (isDue(middle)) low = middle;
      else high = middle;
    }
    return low + 1 - next;
  }

  /** Moves the head forward by `records`, all of its batch. */
  advance(records: number): void {
    let batch = this.#batches[0];
    batch.next += records;
    if (batch.next === batch.count) {
      this.#pool.give(batch);
      this.#batches.shift();
      if (this.#batches.length === 0) return;
      batch = this.#batches[0];
    }
    this.#atHead(batch);
  }

  /**
   * Sets `head`, and raises `newest` to it if it is later. Time and epoch of a
   * hostile or reverted guest may go back within a ring, so that the head may
   * be later than the last record. Delivery, which stops at the least `newest`,
   * would then never come to the head.
   */
  #atHead(batch: Batch): void {
    batch.timeOf(batch.next, this.head);
    if (before(this.newest, this.head)) setTime(this.newest, this.head);
  }
}

function earlier(
  a: Readonly<Time> | null,
  b: Readonly<Time>,
): Readonly<Time> {
  return a === null || before(b, a) ? b : a;
}

/**
 * Delivers queued records in order of time, up to and including `until`.
 *
 * @param deliver Called with the queue whose head record is due, and with the
 * time that it may deliver up to; returns how many records it delivered, or 0
 * if that is enough for now.
 * @returns Whether everything that is due was delivered.
 */
export function mergeUntil(
  queues: readonly RingQueue[],
  until: Readonly<Time> | null,
  deliver: (queue: RingQueue, last: Readonly<Time> | null) => number,
): boolean {
  const waiting = queues.filter((queue) => !queue.empty);
  while (waiting.length > 0) {
    // The earliest head, and how far its ring may go before another's turn.
    let first = 0;
    let limit = until;
    for (let i = 1; i < waiting.length; i++) {
      const { head } = waiting[i];
      if (before(head, waiting[first].head)) {
        limit = earlier(limit, waiting[first].head);
        first = i;
      } else limit = earlier(limit, head);
    }
    const queue = waiting[first];
    if (until !== null && before(until, queue.head)) return true;
    do {
      const count = deliver(queue, limit);
      if (count === 0) return false;
      queue.advance(count);
    } while (
      !queue.empty && !(limit !== null && before(limit, queue.head))
    );
    if (queue.empty) waiting.splice(first, 1);
  }
  return true;
}

/** Returns the newest time seen: delivery may go there after one more round. */
export function watermark(queues: readonly RingQueue[]): Time {
  let newest: Readonly<Time> = DAWN;
  for (const queue of queues) {
    if (!queue.empty && before(newest, queue.newest)) newest = queue.newest;
  }
  return { ...newest };
}

/**
 * Returns `until`, or the earliest time up to which a ring with more to come
 * was read if that is before it. A ring with nothing queued counts, too,
 * because all that a drain copied may have been overwritten meanwhile. One that
 * is empty because it got no batch does not count: otherwise the rings that
 * hold the batches would wait for it, and it for them.
 */
export function readUpTo(
  queues: readonly RingQueue[],
  until: Readonly<Time>,
): Time {
  for (const { backlog, starved, empty, newest } of queues) {
    if (!backlog || (starved && empty)) continue;
    if (before(newest, until)) until = newest;
  }
  return { ...until };
}
