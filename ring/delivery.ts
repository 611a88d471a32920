// SPDX-License-Identifier: MIT
/**
 * Delivers queued records to the sink: counts and joins them, and passes them
 * on one by one or many at a time.
 *
 * @module
 */
import { account } from "./count_record.ts";
import type { Batch } from "./batch.ts";
import type { TaskNames } from "./events/task_names.ts";
import { PartJoiner } from "./part_joiner.ts";
import { ABI, BLOCK, RECORD } from "./layout.ts";
import type { RingQueue } from "./merge.ts";
import {
  blankView,
  type RecordSink,
  type RecordView,
  type RunSink,
} from "./record_view.ts";
import type { RingInfo } from "./ring_geometry.ts";
import { before, DAWN, setTime, type Time } from "./guest_time.ts";
import type { Totals } from "./totals.ts";

/**
 * The cost after which a round ends, because other regions wait; what is
 * delivered last may exceed it by up to a batch. A record costs its bytes, plus
 * a fixed sum for handling it.
 */
export const ROUND_COST: number = 1 << 19;
/** The cost of handling a record, whatever its length. */
export const RECORD_COST = 64;
/** The cost of handling a message of a run. */
const MESSAGE_COST = 8;

/** Delivers the records of one region. */
export class Delivery {
  /** Holds split messages that are not complete yet. */
  joiner: PartJoiner;
  /** The cost that this round may still have; see `ROUND_COST`. */
  left = 0;
  readonly #totals: Totals;
  readonly #view: RecordView;
  readonly #tasks: TaskNames;
  readonly #latest: Time = { ...DAWN };

  /**
   * @param totals Where to count. @param ring Any ring of the region.
   * @param tasks Takes the names of tasks that are delivered.
   */
  constructor(totals: Totals, ring: RingInfo, tasks: TaskNames) {
    this.joiner = new PartJoiner(totals);
    this.#tasks = tasks;
    this.#totals = totals;
    this.#view = blankView(ring);
  }

  /**
   * Begins a session, which has no times and parts in common with the last one.
   */
  begin(): void {
    this.joiner = new PartJoiner(this.#totals);
    setTime(this.#latest, DAWN);
  }

  /**
   * Delivers from the head of a queue.
   *
   * @param last The time up to which to deliver; null for no limit.
   * @returns How many records were delivered; 0 if the round is used up.
   */
  next(
    queue: RingQueue,
    last: Readonly<Time> | null,
    sink: RecordSink,
    runs: RunSink | null,
  ): number {
    if (this.left <= 0) return 0;
    if (queue.batch.earlier > 0) this.#takeEarlier(queue);
    const taken = runs === null ? 0 : this.#deliverRun(queue, last, sink, runs);
    if (taken > 0) return taken;
    this.#deliverHead(queue, sink);
    this.left -= RECORD_COST + this.#view.payloadBytes;
    return 1;
  }

  /**
   * Delivers a run.
   *
   * @returns How many messages it had; 0 if there is none, or `runs` refused
   * it.
   */
  #deliverRun(
    queue: RingQueue,
    last: Readonly<Time> | null,
    sink: RecordSink,
    runs: RunSink,
  ): number {
    const { batch, head, reader } = queue;
    const { ring, replayUntil } = reader;
    const replayed = batch.firstSeq + batch.next < replayUntil;
    if (replayed || before(head, this.#latest)) return 0;
    const count = queue.run(last);
    if (count === 0) return 0;
    this.#endParts(queue, sink);
    const { next } = batch;
    const spanBytes = batch.endOf(next + count - 1) - batch.offsets[next];
    if (!runs({ batch, count, spanBytes, ring })) return 0;
    this.left -= spanBytes + MESSAGE_COST * count;
    this.#totals.records += count;
    this.#totals.bytes += payloadBytesOf(batch, count);
    batch.timeOf(next + count - 1, this.#latest);
    return count;
  }

  /**
   * At a gap, ends the ring's messages that are under way, because their
   * further parts will not come.
   */
  #endParts({ batch, reader }: RingQueue, sink: RecordSink): void {
    if (batch.next !== 0 || !batch.afterGap) return;
    this.joiner.flush(sink, reader.ring.index);
  }

  #deliverHead(queue: RingQueue, sink: RecordSink): void {
    const { batch, head } = queue;
    const view = this.#view;
    const seq = batch.firstSeq + batch.next;
    if (seq < queue.reader.replayUntil) {
      this.#replay(queue);
      return;
    }
    this.#endParts(queue, sink);
    this.#look(queue);
    this.#totals.records++;
    if (before(head, this.#latest)) this.#totals.late++;
    else setTime(this.#latest, head);
    if (view.id === ABI.ID_PART) {
      this.joiner.part(view, batch.positionOf(batch.next), sink);
      return;
    }
    this.#totals.bytes += view.payloadBytes;
    if (view.id > ABI.ID_MESSAGE) {
      account(view, this.#totals);
      if (view.id === ABI.ID_TASK) this.#tasks.declare(view);
    }
    sink(view);
  }

  /**
   * Takes the names of tasks from the records before the place within a block
   * at which reading began. They were delivered by another reader, and are not
   * checked: names are taken up to the first record that lies beyond that place.
   */
  #takeEarlier({ batch, reader }: RingQueue): void {
    const view = this.#view;
    view.epoch = batch.epoch;
    view.ring = reader.ring;
    for (let at: number = BLOCK.size; at + RECORD.size <= batch.earlier;) {
      this.#lookAt(batch, at);
      const end = view.payloadOffset + view.payloadBytes;
      if (end > batch.earlier) break;
      if (view.id === ABI.ID_TASK) this.#tasks.declare(view);
      at = (end + 7) & ~7;
    }
    batch.earlier = 0;
  }

  /** Points the view at the payload of a record. */
  #lookAt({ bytes, words }: Batch, at: number): void {
    const view = this.#view;
    const word = words[(at + RECORD.id) >>> 2];
    view.bytes = bytes;
    view.payloadOffset = at + RECORD.size;
    view.payloadBytes = word >>> 16;
    view.id = word & 0xffff;
  }

  /** Points the view at the head of a queue. */
  #look({ batch, head, reader }: RingQueue): void {
    const view = this.#view;
    this.#lookAt(batch, batch.offsets[batch.next]);
    view.seq = view.firstSeq = batch.firstSeq + batch.next;
    view.timeLow = head.low;
    view.timeHigh = head.high;
    view.epoch = head.epoch;
    view.ring = reader.ring;
  }

  /**
   * Goes again through a record that was delivered and counted before a resume,
   * because a message was incomplete then. If it is a part, it is joined again;
   * any other record is ignored.
   */
  #replay(queue: RingQueue): void {
    const counted = { ...this.#totals };
    const nowhere = () => {};
    const { batch } = queue;
    this.#endParts(queue, nowhere);
    this.#look(queue);
    if (this.#view.id === ABI.ID_PART) {
      this.joiner.part(this.#view, batch.positionOf(batch.next), nowhere);
    } else if (this.#view.id === ABI.ID_TASK) this.#tasks.declare(this.#view);
    Object.assign(this.#totals, counted);
  }
}

/** Returns how many bytes of payload the next `count` records have. */
function payloadBytesOf(batch: Batch, count: number): number {
  if (count === batch.count) return batch.payloadBytes;
  let bytes = 0;
  for (let i = batch.next; i < batch.next + count; i++) {
    bytes += batch.payloadBytesOf(i);
  }
  return bytes;
}
