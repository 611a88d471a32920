// SPDX-License-Identifier: MIT
/**
 * A reader of a whole region, written from `guest/PROTOCOL.md` alone.
 * Implementers can look at it, and it shows that the document has everything
 * that they need. It leaves out what is not needed to get each record once:
 * order between rings, metadata, and the limits of memory for incomplete
 * messages.
 *
 * @module
 */
import { offsetOf, Struct, wholeConstant } from "./document.ts";
import {
  readSampleHeader,
  type SampleHeader,
  SampleRefusal,
} from "./sample_header.ts";
import { SampleJoiner, type SampleMessage } from "./sample_messages.ts";
import { SampleRing } from "./sample_ring.ts";

/** What was counted of a region. */
export type RegionCounts = Record<string, number>;

/** The reader. */
export class SampleReader {
  readonly #region: ArrayBuffer;
  #header: SampleHeader;
  #rings: { ring: SampleRing; joiner: SampleJoiner }[] = [];
  /** Counters of previous sessions. */
  #counts: RegionCounts = { sessions: 0 };

  /** @throws {SampleRefusal} If it is not a region, or not formatted yet. */
  constructor(region: ArrayBuffer) {
    this.#region = region;
    const header = readSampleHeader(region);
    if (header === null) throw new SampleRefusal("not formatted yet");
    this.#header = header;
    this.#open();
  }

  /** Reads one round. @returns The new messages of each ring. */
  read(): SampleMessage[][] {
    const ended = this.#headerHolds() ? [] : this.#takeHeader();
    if (ended === null) return [];
    return this.#rings.map(({ ring, joiner }, i) => [
      ...ended[i] ?? [],
      ...joiner.take(ring.read()),
    ]);
  }

  /** Returns whether the header is still the one that was read. */
  #headerHolds(): boolean {
    const now = new Struct("region_header", new DataView(this.#region));
    return now.whole("magic") === wholeConstant("MAGIC") &&
      now.whole("session_id") === this.#header.sessionId &&
      now.number("epoch") === this.#header.epoch &&
      now.number("checksum") === this.#header.checksum;
  }

  /** Reads a new header. @returns Messages that it ends; null if it is missing. */
  #takeHeader(): SampleMessage[][] | null {
    const header = readSampleHeader(this.#region);
    if (header === null) return null;
    const old = this.#header;
    this.#header = header;
    if (isSameSession(old, header)) return [];
    const ended = this.finish();
    this.#counts = { ...this.counts, sessions: this.#counts.sessions + 1 };
    this.#open();
    return ended;
  }

  /** Returns the messages of each ring that are still incomplete. */
  finish(): SampleMessage[][] {
    return this.#rings.map(({ joiner }) => joiner.finish());
  }

  /** Returns all counters, summed up over rings. */
  get counts(): RegionCounts {
    const sum = { ...this.#counts };
    for (const { ring, joiner } of this.#rings) {
      add(sum, ring.counts);
      add(sum, joiner.counts);
    }
    return sum;
  }

  #open(): void {
    const words = new BigUint64Array(this.#region);
    const { sessionId, rings } = this.#header;
    const at = offsetOf("region_header", "session_id") / 8;
    const holds = () => Atomics.load(words, at) === sessionId;
    this.#rings = rings.map((geometry) => ({
      ring: new SampleRing(this.#region, geometry, holds),
      joiner: new SampleJoiner(),
    }));
  }
}

/** Returns whether session and geometry are the same: then positions continue. */
function isSameSession(a: SampleHeader, b: SampleHeader): boolean {
  return a.sessionId === b.sessionId &&
    JSON.stringify(a.rings) === JSON.stringify(b.rings);
}

function add(sum: RegionCounts, counts: object): void {
  for (const [name, value] of Object.entries(counts)) {
    sum[name] = (sum[name] ?? 0) + value;
  }
}
