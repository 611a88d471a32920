// SPDX-License-Identifier: MIT
/**
 * Reading a region from a program: what `mod.ts` offers. The reader of this
 * repository uses {@linkcode RegionReader} itself, which it shares memory and
 * runs of messages with; here is less to know, and what it promises is less
 * likely to change.
 *
 * @module
 */
import type { RegionCursor } from "./cursor.ts";
import type { RegionInfo } from "./header.ts";
import { contentOf, type RecordContent } from "./record_content.ts";
import type { RecordSink, RecordView } from "./record_view.ts";
import { type DrainResult, RegionReader } from "./region_reader.ts";
import type { Totals } from "./totals.ts";

/** How a region is read. */
export interface RecordReaderOptions {
  /** Where another reader of the same region was; the oldest record that is
   * still there if not given. A cursor of another session is not used. */
  readonly cursor?: RegionCursor;
}

/**
 * Reads the records of a region: a copy of one, or the memory that a guest is
 * writing to. It never writes to that memory, and checks whatever it finds
 * there. Records of all rings come in the order of their times, as far as that
 * is possible, and a message that the guest had to split comes as one.
 *
 * @example Print the messages that a copy of a region holds
 * ```ts
 * import { RecordReader } from "@ivring/ring";
 *
 * const reader = new RecordReader(await Deno.readFile("vm1.ring"));
 * reader.readAll((record) => {
 *   const content = reader.decode(record);
 *   if (content.kind === "message") console.log(content.text.trimEnd());
 * });
 * console.log(`${reader.totals.lost} records were overwritten`);
 * ```
 *
 * @example Follow a guest, whose memory is mapped, until it formats it anew
 * ```ts
 * import { RecordReader } from "@ivring/ring";
 *
 * async function follow(memory: ArrayBuffer): Promise<void> {
 *   const reader = new RecordReader(memory);
 *   while (true) {
 *     const { more, reformatted } = reader.drain((record) => {
 *       console.log(record.ring.index, record.seq, reader.decode(record).kind);
 *     });
 *     if (reformatted) break;
 *     if (!more) await new Promise((resolve) => setTimeout(resolve, 20));
 *   }
 * }
 * ```
 */
export class RecordReader {
  readonly #reader: RegionReader;

  /**
   * Looks at the header, and begins at the oldest record.
   *
   * @param memory The region. An `ArrayBuffer` is read where it is, so that it
   * may be memory that is shared with a guest. A part of a buffer is copied.
   * @param options Where to begin, if not there.
   * @throws {RingUnformattedError} where no guest has written a header yet.
   * @throws {RingFormatError} where this is not a region.
   * @throws {RingVersionError} where its version or features are not known.
   * @throws {RingCorruptError} naming the field that does not add up.
   * @throws {CursorError} where the cursor cannot be one of this region.
   */
  constructor(
    memory: ArrayBuffer | Uint8Array,
    options: RecordReaderOptions = {},
  ) {
    const { cursor = null } = options;
    this.#reader = new RegionReader(bufferOf(memory), undefined, cursor);
  }

  /** The header that was validated last: sizes, clock, names. */
  get info(): RegionInfo {
    return this.#reader.info;
  }

  /** The guest's current name, as it claims; not sanitised. */
  get guestName(): string {
    return this.#reader.guestName;
  }

  /** What was delivered since this reader began, and what was not. */
  get totals(): Readonly<Totals> {
    return this.#reader.totals;
  }

  /** Whether it went on at the cursor that it was given. */
  get isResumed(): boolean {
    return this.#reader.resumed;
  }

  /**
   * Delivers what there is now, however fast the guest goes on writing, and
   * then what is incomplete. It is the last that this reader reads: `drain`
   * finds nothing behind it.
   *
   * @param sink Called for each record; what it gets is reused afterwards.
   * @returns False where the guest was writing a new header: what it wrote
   * before that is delivered, and the rest needs another reader.
   */
  readAll(sink: RecordSink): boolean {
    const reader = this.#reader;
    reader.endAt(reader.marks());
    while (true) {
      const { more, held, reformatted } = reader.drain(sink);
      if (reformatted || (!more && !held)) {
        reader.finish(sink);
        return !reformatted;
      }
    }
  }

  /**
   * Reads once and delivers what the time before had found: a record is held
   * back for one call, so that earlier ones of other rings can still overtake
   * it. To be called again and again, at once where there is more, or else
   * after a pause that is short enough for the rings not to overflow.
   *
   * @param sink Called for each record; what it gets is reused afterwards.
   */
  drain(sink: RecordSink): DrainResult {
    return this.#reader.drain(sink);
  }

  /**
   * Delivers what is held back, and messages of which the end has not come.
   *
   * @param sink Called for each record; what it gets is reused afterwards.
   */
  finish(sink: RecordSink): void {
    this.#reader.finish(sink);
  }

  /**
   * Takes the guest's new header, once `drain` has said `reformatted`. What is
   * held back from the time before is delivered first.
   *
   * @param sink Called for each record; what it gets is reused afterwards.
   * @returns False while the guest has not written the header yet, or not all
   * is delivered: call it again.
   * @throws {RingFormatError} where this is no region any more.
   * @throws {RingVersionError} where its version or features are not known.
   * @throws {RingCorruptError} naming the field that does not add up.
   */
  reattach(sink: RecordSink): boolean {
    return this.#reader.reattach(sink);
  }

  /**
   * Returns where another reader can go on; null while that is not known.
   * Records that are held back come again there.
   */
  cursor(): RegionCursor | null {
    return this.#reader.cursor();
  }

  /**
   * Decodes a record.
   *
   * @param record What the sink was given; only during its call.
   * @returns What it says, in memory of its own. It is "opaque" where no format
   * describes it, or where it contradicts its format; for a kernel event each
   * call then counts in `totals.opaque`, so that it should be one for each
   * record.
   */
  decode(record: RecordView): RecordContent {
    return contentOf(record, this.#reader.events);
  }
}

/**
 * Returns a record's time in ticks of the guest's clock, of which there are
 * `RegionInfo.clockHz` in a second. Times of one epoch compare with each other.
 *
 * @example The seconds since the guest's clock began, with six digits
 * ```ts
 * import { type RecordView, type RegionInfo, ticksOf } from "@ivring/ring";
 *
 * function secondsOf(record: RecordView, { clockHz }: RegionInfo): string {
 *   const us = ticksOf(record) * 1_000_000n / BigInt(clockHz || 1_000_000_000);
 *   return `${us / 1_000_000n}.${String(us % 1_000_000n).padStart(6, "0")}`;
 * }
 * ```
 */
export function ticksOf({ timeHigh, timeLow }: RecordView): bigint {
  return BigInt(timeHigh) << 32n | BigInt(timeLow);
}

/** Words are loaded from the start of a buffer: a part is none. */
function bufferOf(memory: ArrayBuffer | Uint8Array): ArrayBuffer {
  if (memory instanceof ArrayBuffer) return memory;
  const { buffer, byteLength } = memory;
  const isAll = buffer instanceof ArrayBuffer &&
    buffer.byteLength === byteLength;
  return isAll ? buffer : new Uint8Array(memory).buffer;
}
