// SPDX-License-Identifier: MIT
/**
 * Reading a whole region: all rings drained, merged by time, accounted.
 *
 * @module
 */
import { account } from "./account.ts";
import type { Batch } from "./batch.ts";
import { BatchPool } from "./batch_pool.ts";
import { checkCursor, type RegionCursor, type RingCursor } from "./cursor.ts";
import type { EventTable } from "./events/event_table.ts";
import type { RegionInfo } from "./header.ts";
import { PartJoiner } from "./join.ts";
import { ABI, RECORD } from "./layout.ts";
import { mergeUntil, readUpTo, RingQueue, watermark } from "./merge.ts";
import {
  blankView,
  type RecordSink,
  type RecordView,
  type RunSink,
} from "./record_view.ts";
import { Region } from "./region.ts";
import { before, DAWN, setTime, type Time } from "./time.ts";
import { Totals } from "./totals.ts";

/** What one round did. */
export interface DrainResult {
  /** Records delivered to the sink. */
  readonly records: number;
  /** Whether a ring holds more than this round took: drain again at once. */
  readonly more: boolean;
  /** Whether records are held back: drain again soon, or call `finish`. */
  readonly held: boolean;
  /** Whether the guest has rewritten, or is rewriting, the header: nothing is
   * drained until `reattach` succeeds. */
  readonly reformatted: boolean;
}

/**
 * Reader of a region. Never writes to it, so any number may read at once, from
 * a mapping that is read-only. Memory: what the pool lends, at most two batches
 * for each ring, and the joiner's 4 MiB at most.
 */
export class RegionReader {
  /** What was delivered and what was not. */
  readonly totals: Totals;
  /** Whether it went on at the cursor it was given. */
  readonly resumed: boolean;
  readonly #region: Region;
  readonly #joiner: PartJoiner;
  readonly #view: RecordView;
  readonly #pool: BatchPool;
  /** The ring that is drained first; another one each round. */
  #first = 0;
  #queues: RingQueue[] = [];
  /** What the queues are of; the header may be newer for a moment. */
  #sessionId = 0n;
  /** Delivery may go this far in the next round, but see `readUpTo`. */
  #until: Readonly<Time> = DAWN;
  readonly #latest: Time = { ...DAWN };

  /**
   * @param buffer The mapped object, or a copy of a region.
   * @param totals To count on in, where a reader before this one had begun.
   * @param cursor Where another reader was; used if it is of the same session.
   * @param pool Memory to read into, where several readers share it.
   * @throws As `readHeader`, and {RingFormatError} where it returns null.
   * @throws {CursorError} where the cursor cannot be of this region.
   */
  constructor(
    buffer: ArrayBuffer,
    totals: Totals = new Totals(),
    cursor: RegionCursor | null = null,
    pool: BatchPool = new BatchPool(),
  ) {
    this.totals = totals;
    this.#pool = pool;
    this.#region = new Region(buffer, totals);
    this.#joiner = new PartJoiner(totals);
    this.#view = blankView(this.info.rings[0]);
    this.resumed = cursor?.sessionId === this.info.sessionId;
    this.#begin(this.resumed ? cursor : null);
  }

  /** Where another reader can go on; null while that is not known. */
  cursor(): RegionCursor | null {
    return this.#cursor(Infinity);
  }

  /**
   * What the guest may overwrite: what is before it. As `cursor`, but a split
   * message under way keeps half its ring at most, or a guest that waits for
   * room could never write the end of one.
   */
  consumed(): RegionCursor | null {
    return this.#cursor(1 / 2);
  }

  /** The header that was validated last. */
  get info(): RegionInfo {
    return this.#region.info;
  }

  /** The kernel events that the guest has described. */
  get events(): EventTable {
    return this.#region.events;
  }

  /** What the guest last said of itself: `ABI.STATE_*`, or 0 before that. */
  get state(): number {
    return this.#region.state;
  }

  /** What the guest does when a ring is full: `ABI.MODE_*`. */
  get mode(): number {
    return this.#region.mode;
  }

  /** Grows about once a second while the guest's driver runs. */
  get heartbeat(): bigint {
    return this.#region.heartbeat;
  }

  /**
   * One round: drains every ring once and delivers, merged by time, what the
   * round before had seen. Records are so held back by one round.
   *
   * @param runs Is offered runs of messages first, where there are any.
   */
  drain(sink: RecordSink, runs: RunSink | null = null): DrainResult {
    const reformatted = !this.#region.headerHolds();
    if (reformatted) {
      const held = this.#queues.some((queue) => !queue.empty);
      return { records: 0, more: false, held, reformatted };
    }
    this.#fill();
    this.#region.events.refresh(); // the formats of what was filled are there
    const until = readUpTo(this.#queues, this.#until);
    const records = this.#deliver(until, sink, runs);
    this.#until = watermark(this.#queues);
    return {
      records,
      more: this.#queues.some((queue) => queue.backlog),
      held: this.#queues.some((queue) => !queue.empty),
      reformatted,
    };
  }

  /**
   * Delivers all that is held back.
   *
   * @param incomplete Whether messages of which the end has not come are
   * delivered too. Not if another reader goes on at `cursor`: they are its.
   * @param runs As for `drain`.
   */
  finish(
    sink: RecordSink,
    incomplete = true,
    runs: RunSink | null = null,
  ): void {
    this.#deliver(null, sink, runs);
    if (incomplete) this.#joiner.flush(sink);
  }

  /**
   * Takes the new header after `drain` said `reformatted`. In the same session
   * the cursors go on; in a new one they start again, and what is held back is
   * delivered first.
   *
   * @returns False while the guest has the header cleared.
   * @throws As `readHeader`.
   */
  reattach(sink: RecordSink): boolean {
    const outcome = this.#region.reattach();
    if (outcome === "restarted") {
      this.finish(sink);
      this.totals.sessions++;
      this.#begin();
    }
    return outcome !== "cleared";
  }

  /** @param most What a split message may keep, as a share of its ring. */
  #cursor(most: number): RegionCursor | null {
    const rings: RingCursor[] = [];
    for (const queue of this.#queues) {
      const here = queue.cursor();
      if (here === null) return null;
      const { index, nrBlocks, blockBytes } = queue.reader.ring;
      const part = this.#joiner.oldest(index);
      const keeps = part !== null &&
        here.position - part.position <= nrBlocks * blockBytes * most;
      rings.push(keeps ? { ...here, ...part } : here);
    }
    return { sessionId: this.#sessionId, rings };
  }

  #begin(cursor: RegionCursor | null = null): void {
    if (cursor !== null) checkCursor(cursor, this.info);
    this.#sessionId = this.info.sessionId;
    this.#queues = this.#region.openRings(cursor)
      .map((ring) => new RingQueue(ring, this.#pool));
    this.#until = DAWN;
    setTime(this.#latest, DAWN);
  }

  /** Not always in the same order: memory may not suffice for all. */
  #fill(): void {
    const count = this.#queues.length;
    this.#first = (this.#first + 1) % count;
    for (let i = 0; i < count; i++) {
      this.#queues[(this.#first + i) % count].fill();
    }
  }

  #deliver(
    until: Readonly<Time> | null,
    sink: RecordSink,
    runs: RunSink | null,
  ): number {
    const start = this.totals.records;
    mergeUntil(this.#queues, until, (queue, last) => {
      const taken = runs === null
        ? 0
        : this.#deliverRun(queue, last, sink, runs);
      if (taken > 0) return taken;
      this.#deliverHead(queue, sink);
      return 1;
    });
    return this.totals.records - start;
  }

  /** @returns How many messages were taken; 0 where there is no run. */
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
    this.totals.records += count;
    this.totals.bytes += payloadBytesOf(batch, count);
    batch.timeOf(next + count - 1, this.#latest);
    return count;
  }

  /** Parts that are missing will not come any more. */
  #endParts({ batch, reader }: RingQueue, sink: RecordSink): void {
    if (batch.next !== 0 || !batch.afterGap) return;
    this.#joiner.flush(sink, reader.ring.index);
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
    this.totals.records++;
    if (before(head, this.#latest)) this.totals.late++;
    else setTime(this.#latest, head);
    if (view.id === ABI.ID_PART) {
      this.#joiner.part(view, batch.positionOf(batch.next), sink);
      return;
    }
    this.totals.bytes += view.payloadBytes;
    if (view.id > ABI.ID_MESSAGE) account(view, this.totals);
    sink(view);
  }

  /** Points the view at the head of a queue. */
  #look({ batch, head, reader }: RingQueue): void {
    const view = this.#view;
    const at = batch.offsets[batch.next];
    const word = batch.words[(at + RECORD.id) >>> 2];
    view.bytes = batch.bytes;
    view.payloadOffset = at + RECORD.size;
    view.payloadBytes = word >>> 16;
    view.id = word & 0xffff;
    view.seq = batch.firstSeq + batch.next;
    view.timeLow = head.low;
    view.timeHigh = head.high;
    view.epoch = head.epoch;
    view.ring = reader.ring;
  }

  /**
   * What was delivered and counted before a resume, up to a message that was
   * under way then: the parts are joined again, and nothing comes of the rest.
   */
  #replay(queue: RingQueue): void {
    const counted = { ...this.totals };
    const nowhere = () => {};
    const { batch } = queue;
    this.#endParts(queue, nowhere);
    this.#look(queue);
    if (this.#view.id === ABI.ID_PART) {
      this.#joiner.part(this.#view, batch.positionOf(batch.next), nowhere);
    }
    Object.assign(this.totals, counted);
  }
}

/** Of the next `count` records. */
function payloadBytesOf(batch: Batch, count: number): number {
  if (count === batch.count) return batch.payloadBytes;
  let bytes = 0;
  for (let i = batch.next; i < batch.next + count; i++) {
    bytes += batch.payloadBytesOf(i);
  }
  return bytes;
}
