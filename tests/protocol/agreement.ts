// SPDX-License-Identifier: MIT
/**
 * Runs the sample reader and that of `ring/` side by side on the same memory.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  RingCorruptError,
  RingFormatError,
  RingVersionError,
} from "../../ring/errors.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { SampleRefusal } from "./sample_header.ts";
import { SampleReader } from "./sample_reader.ts";

/** The class of the sample reader, or of one in which a rule is changed. */
export type SampleClass = new (region: ArrayBuffer) => SampleReader;

/** Counters that both have; the others count what the sample leaves out. */
const COUNTED = [
  ...["records", "bytes", "missed", "lost", "dropped", "corrupt", "rewound"],
  ...["truncated", "opaque", "skipped", "sessions"],
] as const;

/** Formats a message as text, to compare it. */
function shown(
  seq: number,
  id: number,
  payload: Uint8Array,
  truncated: boolean,
): string {
  const text = payload.toHex();
  const brief = text.length < 100
    ? text
    : `${text.slice(0, 100)}... ${payload.length} bytes`;
  return `${seq} id ${id} ${truncated ? "cut " : ""}${brief}`;
}

/** Returns what an attempt gave, or that it was refused. */
function attempt<T>(what: () => T): T | null {
  try {
    return what();
  } catch (error) {
    const isRefusal = error instanceof SampleRefusal ||
      error instanceof RingFormatError ||
      error instanceof RingVersionError || error instanceof RingCorruptError;
    if (!isRefusal) throw error;
    return null;
  }
}

/** Both readers of one region. */
export class BothReaders {
  readonly #sample: SampleReader;
  readonly #ours: RegionReader;
  readonly #where: string;
  /** Whether one of them refused a header while reading; reading ends then. */
  #refused = false;
  /** Number of messages on which both agreed. */
  messages = 0;

  private constructor(sample: SampleReader, ours: RegionReader, where: string) {
    this.#sample = sample;
    this.#ours = ours;
    this.#where = where;
  }

  /**
   * Attaches both readers.
   *
   * @param where The place that the error names if they disagree.
   * @param Sample The sample reader, or a control of it.
   * @returns Both readers, or null if both refuse the region.
   */
  static attach(
    region: ArrayBuffer,
    where: string,
    Sample: SampleClass = SampleReader,
  ): BothReaders | null {
    const sample = attempt(() => new Sample(region));
    const ours = attempt(() => new RegionReader(region));
    assertEquals(sample === null, ours === null, `${where}: refused`);
    if (sample === null || ours === null) return null;
    return new BothReaders(sample, ours, where);
  }

  /** Returns the counters of both. */
  get counts(): Record<string, number> {
    const { totals } = this.#ours;
    return Object.fromEntries(COUNTED.map((name) => [name, totals[name]]));
  }

  /**
   * Lets both read what is new; they have to agree on all messages and
   * counters.
   */
  read(when: string): void {
    const theirs: string[][] = [];
    const sink = (view: RecordView) => {
      const { ring, payloadOffset: at, payloadBytes, id, truncated } = view;
      const payload = view.bytes.subarray(at, at + payloadBytes);
      (theirs[ring.index] ??= [])
        .push(shown(view.firstSeq, id, payload, truncated));
    };
    const mine = attempt(() => this.#sample.read());
    for (;;) {
      const { more, held, reformatted } = this.#ours.drain(sink);
      if (reformatted) {
        const taken = attempt(() => this.#ours.reattach(sink));
        this.#refused ||= taken === null;
        if (!taken) break;
      } else if (!more && !held) break;
    }
    assertEquals(
      mine === null,
      this.#refused,
      `${this.#where}, ${when}: refused`,
    );
    if (mine !== null) this.#compare(when, mine, theirs);
  }

  /** Lets both deliver incomplete messages. */
  finish(when: string): void {
    if (this.#refused) return;
    const theirs: string[][] = [];
    this.#ours.finish(({ ring, bytes, payloadBytes, ...view }) => {
      (theirs[ring.index] ??= []).push(
        shown(
          view.firstSeq,
          view.id,
          bytes.subarray(0, payloadBytes),
          view.truncated,
        ),
      );
    });
    this.#compare(when, this.#sample.finish(), theirs);
  }

  #compare(
    when: string,
    sample: ReturnType<SampleReader["read"]>,
    theirs: readonly string[][],
  ): void {
    const where = `${this.#where}, ${when}`;
    sample.forEach((messages, ring) => {
      const mine = messages.map(({ seq, id, payload, truncated }) =>
        shown(seq, id, payload, truncated)
      );
      this.messages += mine.length;
      const others = theirs[ring] ?? [];
      const differs = Math.max(mine.length, others.length) === 0
        ? -1
        : [...mine, ""].findIndex((each, i) => each !== (others[i] ?? ""));
      // All of them would be too many to show.
      assertEquals(
        mine.slice(differs, differs + 3),
        others.slice(differs, differs + 3),
        `${where}, ring ${ring}, message ${differs}`,
      );
    });
    const counts = this.#sample.counts;
    const found = COUNTED.map((name) => [name, counts[name] ?? 0]);
    assertEquals(Object.fromEntries(found), this.counts, where);
  }
}
