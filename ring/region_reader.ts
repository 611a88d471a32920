// SPDX-License-Identifier: MIT
/**
 * Reads a whole region: drains all rings, merges their records by time, and
 * accounts for every one.
 *
 * @module
 */
import { type BatchLender, BatchPool } from "./batch_pool.ts";
import { checkCursor, type RegionCursor, type RingCursor } from "./cursor.ts";
import { Delivery, ROUND_COST } from "./delivery.ts";
import type { EventTable } from "./events/event_table.ts";
import type { RegionInfo } from "./header.ts";
import type { LiveLine } from "./live.ts";
import { mergeUntil, readUpTo, RingQueue, watermark } from "./merge.ts";
import type { RecordSink, RunSink } from "./record_view.ts";
import { Region, type RegionStart } from "./region.ts";
import { NOTHING, type RingMark } from "./ring_source.ts";
import { DAWN, type Time } from "./guest_time.ts";
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
  /** The cost of the round: bytes of records, plus a fixed sum for each one. */
  readonly spent: number;
}

/**
 * Reads a region. It never writes to it, so that any number of readers may read
 * at once, from a mapping that is read-only. It takes the memory that the pool
 * lends, at most two batches for each ring, and up to 4 MiB for joining.
 */
export class RegionReader {
  /** What was delivered and what was not. */
  readonly totals: Totals;
  /** Whether it went on at the cursor it was given, except for `doubts`. */
  readonly resumed: boolean;
  readonly #region: Region;
  readonly #delivery: Delivery;
  readonly #pool: BatchLender;
  /** The ring that is drained first, which is another one in each round. */
  #first = 0;
  #queues: RingQueue[] = [];
  /** Session of the queues; that of the header may be newer for a moment. */
  #sessionId = 0n;
  /** Delivery may go this far in the next round, but see `readUpTo`. */
  #until: Readonly<Time> = DAWN;
  /**
   * The time up to which filled batches are delivered; null once that is done.
   */
  #due: Readonly<Time> | null = null;
  /** Whether reading ends with what was committed at a moment. */
  #ends = false;

  /**
   * @param buffer The mapped object, or a copy of a region.
   * @param totals The counters of a reader before this one, which are
   * continued.
   * @param start Where to begin; a cursor of another session is not used.
   * @param pool Memory to read into, if several readers share it.
   * @throws What `readHeader` does, and {RingUnformattedError} if it returns
   * null.
   * @throws {CursorError} if the cursor cannot be one of this region.
   */
  constructor(
    buffer: ArrayBuffer,
    totals: Totals = new Totals(),
    start: RegionStart | null = null,
    pool: BatchPool = new BatchPool(),
  ) {
    this.totals = totals;
    this.#pool = pool.share();
    this.#region = new Region(buffer, totals);
    const { rings } = this.info;
    this.#delivery = new Delivery(totals, rings[0], this.events.tasks);
    const isCursor = start !== null && "sessionId" in start;
    this.resumed = isCursor && start.sessionId === this.info.sessionId;
    this.#begin(isCursor && !this.resumed ? null : start);
  }

  /** See {@linkcode Region.doubts}. */
  get doubts(): readonly string[] {
    return this.#region.doubts;
  }

  /** Returns how far each ring is written, all at one moment. */
  marks(): RingMark[] {
    return this.#queues.map(({ reader }) => reader.mark());
  }

  /**
   * Makes reading end with what was committed at a moment, so that draining
   * ends however fast the guest writes.
   *
   * @param marks Returned by `marks`. Only the first call has an effect.
   */
  endAt(marks: readonly RingMark[]): void {
    if (this.#ends) return;
    this.#ends = true;
    this.#queues.forEach(({ reader }, i) => reader.endAt(marks[i]));
  }

  /** Returns where another reader can go on; null while that is not known. */
  cursor(): RegionCursor | null {
    return this.#cursor(Infinity);
  }

  /**
   * Returns the cursor up to which the guest may overwrite; null while it is
   * not known. Unlike `cursor`, it lets a split message under way keep at most
   * half of its ring: otherwise a guest that waits for room could never write
   * the end of one.
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

  /**
   * The state that the guest last reported: `ABI.STATE_*`, or 0 if none yet.
   */
  get state(): number {
    return this.#region.state;
  }

  /** Why the kernel log was last flushed in an emergency: `ABI.REASON_*`. */
  get reason(): number {
    return this.#region.reason;
  }

  /** Copies everything that the guest last reported about itself. */
  live(): LiveLine {
    return this.#region.live();
  }

  /** What the guest does when a ring is full: `ABI.MODE_*`. */
  get mode(): number {
    return this.#region.mode;
  }

  /** The guest's current name, not sanitised. */
  get guestName(): string {
    return this.#region.guestName;
  }

  /** Grows about once a second while the guest's driver runs. */
  get heartbeat(): bigint {
    return this.#region.heartbeat;
  }

  /**
   * Does one round: drains every ring once and delivers, merged by time, what
   * the round before had seen. So records are held back for one round.
   *
   * @param runs Is offered runs of messages first, if there are any.
   */
  drain(sink: RecordSink, runs: RunSink | null = null): DrainResult {
    const before = this.totals.records;
    const delivery = this.#delivery;
    delivery.left = ROUND_COST;
    const reformatted = !this.#region.headerHolds();
    let whole = true;
    if (!reformatted) {
      this.#due ??= this.#fill();
      whole = this.#deliver(this.#due, sink, runs);
      if (whole) {
        this.#until = watermark(this.#queues);
        this.#due = null;
      }
    }
    const backlog = !reformatted && this.#queues.some((each) => each.backlog);
    return {
      records: this.totals.records - before,
      more: backlog || !whole,
      held: this.#queues.some((queue) => !queue.empty),
      reformatted,
      spent: ROUND_COST - delivery.left,
    };
  }

  /**
   * Delivers all that is held back.
   *
   * @param incomplete Whether messages whose end has not come are delivered,
   * too. If another reader goes on at `cursor`, it delivers them.
   * @param runs See `drain`.
   */
  finish(
    sink: RecordSink,
    incomplete = true,
    runs: RunSink | null = null,
  ): void {
    this.#delivery.left = Infinity;
    this.#deliver(null, sink, runs);
    if (incomplete) this.#delivery.joiner.flush(sink);
  }

  /**
   * Takes the new header after `drain` returned `reformatted`. In the same
   * session the cursors go on; in a new one they start again, and what is held
   * back is delivered first, which may take some calls.
   *
   * @returns False while that is not done, or the guest has the header cleared.
   * @throws What `readHeader` does.
   */
  reattach(sink: RecordSink): boolean {
    if (this.#region.restarts()) {
      this.#delivery.left = ROUND_COST;
      if (!this.#deliver(null, sink, null)) return false;
    }
    const outcome = this.#region.reattach();
    if (outcome === "restarted") {
      this.finish(sink);
      this.totals.sessions++;
      this.#begin();
    }
    return outcome !== "cleared";
  }

  /** @param most How much of its ring a split message may keep, as a share. */
  #cursor(most: number): RegionCursor | null {
    const rings: RingCursor[] = [];
    for (const queue of this.#queues) {
      const here = queue.cursor();
      if (here === null) return null;
      const { index, nrBlocks, blockBytes } = queue.reader.ring;
      const part = this.#delivery.joiner.oldest(index);
      const keeps = part !== null &&
        here.position - part.position <= nrBlocks * blockBytes * most;
      rings.push(keeps ? { ...here, ...part } : here);
    }
    return { sessionId: this.#sessionId, rings };
  }

  #begin(start: RegionStart | null = null): void {
    if (start !== null && "sessionId" in start) checkCursor(start, this.info);
    this.#sessionId = this.info.sessionId;
    this.#queues = this.#region.openRings(start).map((ring) => {
      // A session that begins after the end is left to another reader.
      if (this.#ends) ring.endAt(NOTHING);
      return new RingQueue(ring, this.#pool);
    });
    this.#until = DAWN;
    this.#due = null;
    this.#delivery.begin();
  }

  /**
   * Drains every ring. The order changes, because there may be too little
   * memory for all.
   *
   * @returns The time up to which records may be delivered.
   */
  #fill(): Time {
    const count = this.#queues.length;
    this.#first = (this.#first + 1) % count;
    for (let i = 0; i < count; i++) {
      this.#queues[(this.#first + i) % count].fill();
    }
    this.#region.events.refresh(); // these records are described by now
    return readUpTo(this.#queues, this.#until);
  }

  /** @returns False if something is left because the round is used up. */
  #deliver(
    until: Readonly<Time> | null,
    sink: RecordSink,
    runs: RunSink | null,
  ): boolean {
    const delivery = this.#delivery;
    return mergeUntil(
      this.#queues,
      until,
      (queue, last) => delivery.next(queue, last, sink, runs),
    );
  }
}
