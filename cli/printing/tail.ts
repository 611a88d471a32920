// SPDX-License-Identifier: MIT
/**
 * Finds the last records, which printing may begin with. A first reader finds
 * out which these are, and the real one leaves out the others, so that no
 * record has to be kept in memory, however long it is. The search goes
 * backwards from the end, no further than needed, since a busy guest soon
 * overwrites what was not read yet.
 *
 * The last records are those that come last, not those with the highest
 * sequences of their rings: a message whose end is missing comes behind records
 * that were written after it, and so does a report of `--join-oops`.
 *
 * @module
 */
import type { BatchPool } from "../../ring/batch_pool.ts";
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type {
  MessageRun,
  RecordSink,
  RecordView,
} from "../../ring/record_view.ts";
import type { RingMark } from "../../ring/ring_source.ts";
import { newestOf, type Snapshot } from "../../ring/region_snapshot.ts";
import { Totals } from "../../ring/totals.ts";
import type { RecordFilter } from "./record_filter.ts";
import { OopsJoiner } from "./oops_joiner.ts";
import type { Formatter } from "../formats/formatter.ts";
import { roundsOfAll } from "../regions/region_work.ts";

/** What to look for, and how. */
export interface TailOptions {
  /** How many records are wanted. */
  readonly lines: number;
  /** Which records are wanted; null for all. */
  readonly filter: RecordFilter | null;
  /** Tells which records are printed at all. */
  readonly formatter: Pick<Formatter, "shows">;
  /** Whether the lines of an oops are joined into one record. */
  readonly joinOops: boolean;
  /**
   * Whether only what is there now is read. Messages whose end has not come are
   * then delivered, too, behind all others.
   */
  readonly once: boolean;
  readonly pool: BatchPool;
  /**
   * The totals of the real reader. If they show that positions went back or
   * began at the start again, nothing is left out any more.
   */
  readonly totals: Readonly<Totals>;
  /** The snapshot whose copy is searched; null for a live region. */
  readonly snapshot: Snapshot | null;
}

/** The factor by which each search reaches further back. */
const DEEPER = 4;

/** Which records of one ring are wanted. */
interface Share {
  /**
   * The sequence from which on every record is wanted, as it came after the
   * search.
   */
  readonly newFrom: number;
  /** The sequences of the wanted records before that, in order. */
  readonly old: Float64Array;
}

/** Tells which records are among the last ones, or came after them. */
export class Tail {
  /** The block to begin with in each ring, if it is still there. */
  readonly starts: readonly number[];
  /** How far each ring was written at the moment of the search. */
  readonly marks: readonly RingMark[];
  /** The id of the session that was searched. */
  readonly sessionId: bigint;
  /** The share of each ring; empty if everything is wanted. */
  #shares: readonly Share[];
  readonly #totals: Readonly<Totals>;
  readonly #sessions: number;
  readonly #rewound: number;

  /**
   * Finds the last records.
   *
   * @param buffer The region.
   * @throws What `RegionReader` throws.
   */
  constructor(buffer: ArrayBuffer, options: TailOptions) {
    const { totals, pool, snapshot } = options;
    this.#totals = totals;
    this.#sessions = totals.sessions;
    this.#rewound = totals.rewound;
    const { info, marks } = lookAt(buffer, pool);
    const { rings } = info;
    this.marks = marks;
    this.sessionId = info.sessionId;
    const ends = marks.map((mark, i) => newestOf(rings[i], mark));
    // The kernel log is searched from its beginning, because what it says about
    // the clock holds from there on. Other rings are searched from the first
    // block that is copied already, because nothing else tells whether a
    // message began there whose end never came.
    const depths = rings.map(({ kind, nrBlocks }, i) => {
      if (kind === ABI.KIND_KLOG) return nrBlocks;
      return snapshot === null
        ? 1
        : Math.max(1, ends[i] + 1 - snapshot.from[i]);
    });
    while (true) {
      const starts = ends.map((end, i) => Math.max(1, end + 1 - depths[i]));
      snapshot?.deepen(starts);
      const scan = new Scan(options.lines);
      scan.read(buffer, starts, marks, options);
      let deeper = false;
      for (const [i, { nrBlocks }] of rings.entries()) {
        if (starts[i] === 1 || depths[i] >= nrBlocks || !scan.lacks(i)) {
          continue;
        }
        depths[i] = Math.min(depths[i] * DEEPER, nrBlocks);
        deeper = true;
      }
      if (deeper) continue;
      this.starts = starts;
      this.#shares = scan.shares(marks);
      return;
    }
  }

  /** Tells whether all of a run is wanted. */
  takes({ batch, ring }: MessageRun): boolean {
    const share = this.#shareOf(ring.index);
    return share === null || batch.firstSeq + batch.next >= share.newFrom;
  }

  /** Tells whether a record is before the last ones. */
  skips({ ring, seq }: RecordView): boolean {
    const share = this.#shareOf(ring.index);
    return share !== null && seq < share.newFrom && !holds(share.old, seq);
  }

  /** Returns the share of a ring, or null if everything is wanted. */
  #shareOf(ring: number): Share | null {
    const { sessions, rewound } = this.#totals;
    if (sessions !== this.#sessions || rewound !== this.#rewound) {
      this.#shares = [];
    }
    return this.#shares[ring] ?? null;
  }
}

/** Tells whether a sorted list holds a number. */
function holds(list: Float64Array, number: number): boolean {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle] < number) low = middle + 1;
    else high = middle;
  }
  return list[low] === number;
}

function lookAt(
  buffer: ArrayBuffer,
  pool: BatchPool,
): { info: RegionReader["info"]; marks: RingMark[] } {
  const reader = new RegionReader(buffer, new Totals(), null, pool);
  return { info: reader.info, marks: reader.marks() };
}

/** Searches once: finds the last records among those from given blocks on. */
class Scan {
  /**
   * The last records: a circular list, in which a new one replaces the oldest.
   */
  readonly #rings: Float64Array;
  readonly #seqs: Float64Array;
  readonly #orders: Float64Array;
  readonly #lines: number;
  #count = 0;
  /** For each ring, where in the order of all records its first one came. */
  readonly #first = new Map<number, number>();
  /** For each ring, the sequence after all of its records that came. */
  readonly #behind = new Map<number, number>();
  /**
   * Messages whose end may still come. They are wanted whatever their sequences
   * are, because they come after the search.
   */
  readonly #unended: Pick<RecordView, "ring" | "seq">[] = [];
  /**
   * For each ring, where in the order of all records the last message came
   * whose beginning was not read.
   */
  readonly #headless = new Map<number, number>();
  #order = 0;

  constructor(lines: number) {
    this.#lines = lines;
    this.#rings = new Float64Array(lines);
    this.#seqs = new Float64Array(lines);
    this.#orders = new Float64Array(lines);
  }

  /** Reads the records up to the marks, and keeps the last ones among them. */
  read(
    buffer: ArrayBuffer,
    starts: readonly number[],
    marks: readonly RingMark[],
    { filter, formatter, joinOops, once, pool }: TailOptions,
  ): void {
    const reader = new RegionReader(buffer, new Totals(), starts, pool);
    reader.endAt(marks);
    const counted = (record: RecordView) => {
      const shown = formatter.shows(record) &&
        (filter?.(record, reader.events) ?? true);
      this.#take(record, shown);
    };
    const joiner = joinOops ? new OopsJoiner(counted, () => 0) : null;
    const sink: RecordSink = joiner?.record ?? counted;
    for (let left = roundsOfAll(reader.info); left > 0; left--) {
      const { more, held } = reader.drain(sink);
      if (!more && !held) break;
    }
    reader.finish(sink, once);
    joiner?.release(true);
    // This delivers all that was left, which the joiner of parts bounds.
    reader.finish(({ ring, seq }) => this.#unended.push({ ring, seq }));
  }

  /** Tells whether wanted records of a ring may lie before what was read. */
  lacks(ring: number): boolean {
    if (this.#lines === 0) return false;
    const first = this.#first.get(ring);
    if (first === undefined || this.#count < this.#lines) return true;
    const oldest = this.#orders[this.#count % this.#lines];
    return first > oldest || (this.#headless.get(ring) ?? -1) >= oldest;
  }

  /**
   * Returns which records of each ring are wanted.
   *
   * @param marks Where each ring ends, for a ring of which no record came.
   */
  shares(marks: readonly RingMark[]): Share[] {
    const count = Math.min(this.#count, this.#lines);
    const old: number[][] = marks.map(() => []);
    for (let i = 0; i < count; i++) old[this.#rings[i]].push(this.#seqs[i]);
    for (const { ring, seq } of this.#unended) old[ring.index].push(seq);
    return marks.map(({ seq }, i) => ({
      newFrom: this.#behind.get(i) ?? seq,
      old: Float64Array.from(old[i]).sort(),
    }));
  }

  #take({ ring: { index }, seq, headless }: RecordView, shown: boolean): void {
    const order = this.#order++;
    if (!this.#first.has(index)) this.#first.set(index, order);
    if (headless) this.#headless.set(index, order);
    this.#behind.set(index, Math.max(seq + 1, this.#behind.get(index) ?? 0));
    if (!shown || this.#lines === 0) return;
    const at = this.#count++ % this.#lines;
    this.#rings[at] = index;
    this.#seqs[at] = seq;
    this.#orders[at] = order;
  }
}
