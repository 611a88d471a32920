// SPDX-License-Identifier: MIT
/**
 * Beginning with the last records: a first reader looks where they begin, and
 * the real one leaves out what is before that. So no record is kept in memory,
 * however long.
 *
 * @module
 */
import type { BatchPool } from "../ring/batch_pool.ts";
import { ABI } from "../ring/layout.ts";
import { RegionReader } from "../ring/reader.ts";
import type { RecordView } from "../ring/record_view.ts";
import type { RingInfo } from "../ring/ring_geometry.ts";
import { Totals } from "../ring/totals.ts";
import { UsageError } from "./errors.ts";
import type { RecordFilter } from "./filter.ts";
import { roundsOfAll } from "./regions/region_work.ts";

/** Bounds the memory: 16 bytes for each. */
const LINES_MAX = 1_000_000;

/**
 * Reads the value of `-n`.
 *
 * @returns Null where it is not given.
 * @throws {UsageError} naming the flag.
 */
export function tailLines(text: string): number | null {
  if (text === "") return null;
  const lines = /^\d{1,7}$/.test(text) ? Number(text) : Infinity;
  if (lines <= LINES_MAX) return lines;
  throw new UsageError(
    `option -n, --lines: "${text}" is no whole number from 0 to ${LINES_MAX}`,
  );
}

/** Which records are before the last ones. */
export class Tail {
  /** By ring: sequence of the first record that is wanted. */
  readonly #from = new Map<number, number>();
  readonly #totals: Readonly<Totals>;
  readonly #sessions: number;
  readonly #rewound: number;

  /**
   * Looks where the last records begin. Those about the ring itself are not
   * counted.
   *
   * @param buffer The region. @param lines How many records are wanted.
   * @param filter Which ones are.
   * @param totals Of the reader whose records will be asked about: where
   * positions have gone back or restarted, nothing is left out any more.
   * @throws As `RegionReader`.
   */
  constructor(
    buffer: ArrayBuffer,
    lines: number,
    filter: RecordFilter | null,
    pool: BatchPool,
    totals: Readonly<Totals>,
  ) {
    this.#totals = totals;
    this.#sessions = totals.sessions;
    this.#rewound = totals.rewound;
    const reader = new RegionReader(buffer, new Totals(), null, pool);
    const rings = new Float64Array(lines);
    const seqs = new Float64Array(lines);
    let count = 0;
    const sink = (record: RecordView) => {
      const { ring, seq, id } = record;
      this.#from.set(ring.index, seq + 1);
      if (id === ABI.ID_TAKEOVER || id === ABI.ID_CLOCK) return;
      if (lines === 0 || !(filter?.(record, reader.events) ?? true)) return;
      rings[count % lines] = ring.index;
      seqs[count % lines] = seq;
      count++;
    };
    for (let left = roundsOfAll(reader.info); left > 0; left--) {
      const { more, held } = reader.drain(sink);
      if (!more && !held) break;
    }
    reader.finish(sink);
    for (let i = 0; i < Math.min(count, lines); i++) {
      const from = this.#from.get(rings[i])!;
      this.#from.set(rings[i], Math.min(from, seqs[i]));
    }
  }

  /** Whether there may still be such records in a ring. */
  watches({ index }: RingInfo): boolean {
    return this.#from.has(index);
  }

  /** Whether a record is before the last ones. */
  skips({ ring, seq }: RecordView): boolean {
    if (this.#from.size === 0) return false;
    const { sessions, rewound } = this.#totals;
    if (sessions !== this.#sessions || rewound !== this.#rewound) {
      this.#from.clear();
      return false;
    }
    const from = this.#from.get(ring.index);
    if (from === undefined) return false;
    if (seq < from) return true;
    this.#from.delete(ring.index);
    return false;
  }
}
