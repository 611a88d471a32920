// SPDX-License-Identifier: MIT
/**
 * Merging rings by time. Within a ring the order is the ring's own; between
 * rings it is that of the timestamps, as far as records wait for each other.
 *
 * @module
 */
import type { Batch } from "./batch.ts";
import type { BatchPool } from "./batch_pool.ts";
import type { RingCursor } from "./cursor.ts";
import { RECORD } from "./layout.ts";
import type { RingReader } from "./ring_reader.ts";

/** Batches a ring may hold back. */
const BATCHES = 2;

/** A point in time: epoch, then clock ticks in two halves. */
export interface Time {
  epoch: number;
  high: number;
  low: number;
}

/** Before everything. */
export const DAWN: Readonly<Time> = { epoch: -1, high: 0, low: 0 };

/** Copies a time: field by field, for it is done with each record. */
export function setTime(to: Time, from: Readonly<Time>): void {
  to.epoch = from.epoch;
  to.high = from.high;
  to.low = from.low;
}

/** Whether `a` is before `b`. */
export function before(a: Readonly<Time>, b: Readonly<Time>): boolean {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch;
  return a.high < b.high || (a.high === b.high && a.low < b.low);
}

function timeOf(batch: Batch, index: number, time: Time): void {
  const w = (batch.offsets[index] + RECORD.timestamp) >>> 2;
  time.epoch = batch.epoch;
  time.low = batch.words[w];
  time.high = batch.words[w + 1];
}

/** One ring's records that wait to be delivered; at most two batches. */
export class RingQueue {
  readonly #batches: Batch[] = [];
  readonly #pool: BatchPool;
  /** Time of the record at the head; meaningless if `empty`. */
  readonly head: Time = { ...DAWN };
  /** Latest time known of the records queued; if `empty`, of those before. */
  readonly newest: Time = { ...DAWN };
  /** Whether the ring held more after the last fill. */
  backlog = false;
  /** Whether the last fill did not even look, for want of memory. */
  starved = false;

  /** @param reader Of the ring; drained by `fill`. @param pool Lends memory. */
  constructor(readonly reader: RingReader, pool: BatchPool) {
    this.#pool = pool;
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.#batches.length === 0;
  }

  /** The batch at the head; its `next` is the record at the head. */
  get batch(): Batch {
    return this.#batches[0];
  }

  /** Where delivery is in the ring; null where that is not known. */
  cursor(): RingCursor | null {
    const { reader, empty } = this;
    const next = reader.cursor();
    if (empty || next === null) return next;
    const batch = this.#batches[0];
    const seq = batch.firstSeq + batch.next;
    const position = batch.positionOf(batch.next);
    return { ...next, position, seq, next: Math.max(seq, reader.replayUntil) };
  }

  /** Drains the ring once, if there is room. */
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
    timeOf(batch, batch.count - 1, last);
    if (before(this.newest, last)) setTime(this.newest, last);
  }

  /** Goes on to the next record. */
  advance(): void {
    let batch = this.#batches[0];
    if (++batch.next === batch.count) {
      this.#pool.give(batch);
      this.#batches.shift();
      if (this.#batches.length === 0) return;
      batch = this.#batches[0];
    }
    this.#atHead(batch);
  }

  /**
   * A hostile or reverted guest's time and epoch may fall within a ring. What
   * is at the head is then late, but `newest` must reach it: delivery stops at
   * the least `newest`, and would never come to the head.
   */
  #atHead(batch: Batch): void {
    timeOf(batch, batch.next, this.head);
    if (before(this.newest, this.head)) setTime(this.newest, this.head);
  }
}

/**
 * Delivers queued records in order of time, up to and including `until`.
 *
 * @param deliver Called with the queue whose head record is due.
 */
export function mergeUntil(
  queues: readonly RingQueue[],
  until: Readonly<Time> | null,
  deliver: (queue: RingQueue) => void,
): void {
  const waiting = queues.filter((queue) => !queue.empty);
  while (waiting.length > 0) {
    // The earliest head, and how far its ring may go before another's turn.
    let first = 0;
    let limit: Time | null = null;
    for (let i = 1; i < waiting.length; i++) {
      const { head } = waiting[i];
      if (before(head, waiting[first].head)) {
        limit = waiting[first].head;
        first = i;
      } else if (limit === null || before(head, limit)) limit = head;
    }
    const queue = waiting[first];
    if (until !== null && before(until, queue.head)) return;
    do {
      deliver(queue);
      queue.advance();
    } while (
      !queue.empty && !(limit !== null && before(limit, queue.head)) &&
      !(until !== null && before(until, queue.head))
    );
    if (queue.empty) waiting.splice(first, 1);
  }
}

/** The newest record seen: delivery may go there after one more round. */
export function watermark(queues: readonly RingQueue[]): Time {
  let newest: Readonly<Time> = DAWN;
  for (const queue of queues) {
    if (!queue.empty && before(newest, queue.newest)) newest = queue.newest;
  }
  return { ...newest };
}

/**
 * The earlier of `until` and how far every ring with more to come was read. A
 * ring counts though nothing of it is queued: all that a drain copied may have
 * been overwritten meanwhile. One that is empty for want of memory does not, or
 * those that have the memory would wait for it, and it for them.
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
