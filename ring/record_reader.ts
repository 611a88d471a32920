// SPDX-License-Identifier: MIT
/**
 * Reads a region from a program, which is what `mod.ts` offers. The command
 * line uses {@linkcode RegionReader} itself, because its readers share memory
 * and take many messages at a time. The class here is simpler, and its
 * interface is less likely to change.
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
  /** Where another reader of the same region was. If not given, reading
   * begins at the oldest record that is still there. A cursor of another
   * session is not used. */
  readonly cursor?: RegionCursor;
}

/**
 * Reads the records of a region: a copy of one, or the memory that a guest is
 * writing to. It never writes to that memory, and checks whatever it finds
 * there. Records of all rings come in the order of their times, as far as that
 * is possible, and a message that the guest had to split comes as one.
 *
 * A sink must not throw, and must not make the reader read: `readAll`, `drain`,
 * `finish` and `reattach` throw an error if a sink calls them. Whatever a sink
 * throws comes out of the call that it was made in. After that it is not known
 * what was delivered, so these methods and `cursor` throw an error; another
 * reader can go on at a cursor that was taken before.
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
  #isDelivering = false;
  /** Whether a sink was called and has not returned: it runs, or has thrown. */
  #sinkThrew = false;

  /**
   * Looks at the header, and begins at the oldest record.
   *
   * @param memory The region. An `ArrayBuffer` is read where it is, so that it
   * may be memory that is shared with a guest. A part of a buffer is copied.
   * @param options Where to begin, if not there.
   * @throws {RingUnformattedError} if no guest has written a header yet.
   * @throws {RingFormatError} if this is not a region.
   * @throws {RingVersionError} if its version or features are not known.
   * @throws {RingCorruptError} naming the field that does not add up.
   * @throws {CursorError} if the cursor cannot be one of this region.
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
   * then what is incomplete. This reader reads nothing after that: `drain` then
   * finds nothing.
   *
   * @param sink Called for each record; what it gets is reused afterwards.
   * @returns False if the guest has rewritten the header, or is rewriting it:
   * only what was read before that is delivered, and the rest needs another
   * reader.
   */
  readAll(sink: RecordSink): boolean {
    const reader = this.#reader;
    return this.#deliver(sink, (each) => {
      reader.endAt(reader.marks());
      while (true) {
        const { more, held, reformatted } = reader.drain(each);
        if (reformatted || (!more && !held)) {
          reader.finish(each);
          return !reformatted;
        }
      }
    });
  }

  /**
   * Reads once, and delivers what the call before had found: a record is held
   * back for one call, so that earlier ones of other rings can still overtake
   * it. Call it again and again, at once if there is `more`, or else after a
   * pause that is short enough for the rings not to overflow.
   *
   * @param sink Called for each record; what it gets is reused afterwards.
   */
  drain(sink: RecordSink): DrainResult {
    return this.#deliver(sink, (each) => this.#reader.drain(each));
  }

  /**
   * Delivers what is held back, and messages whose end has not come.
   *
   * @param sink Called for each record; what it gets is reused afterwards.
   */
  finish(sink: RecordSink): void {
    this.#deliver(sink, (each) => this.#reader.finish(each));
  }

  /**
   * Takes the guest's new header, once `drain` has returned `reformatted`. If
   * it begins a session, what is held back of the last one is delivered first.
   *
   * @param sink Called for each record; what it gets is reused afterwards.
   * @returns False while the guest has not written the header yet, or not all
   * is delivered: call it again.
   * @throws {RingFormatError} if this is no region any more.
   * @throws {RingVersionError} if its version or features are not known.
   * @throws {RingCorruptError} naming the field that does not add up.
   */
  reattach(sink: RecordSink): boolean {
    return this.#deliver(sink, (each) => this.#reader.reattach(each));
  }

  /**
   * Returns where another reader can go on; null while that is not known. That
   * is before the records that are held back, so that it delivers them, too.
   */
  cursor(): RegionCursor | null {
    if (!this.#isDelivering) this.#checkSinks();
    return this.#reader.cursor();
  }

  /**
   * Decodes a record.
   *
   * @param record What the sink was given. It is valid only during that call.
   * @returns What it says, in memory of its own. It is "opaque" if no format
   * describes it, or if it contradicts its format. For a kernel event, each
   * call then counts in `totals.opaque`, so decode a record only once.
   */
  decode(record: RecordView): RecordContent {
    return contentOf(record, this.#reader.events);
  }

  /**
   * Makes a call that delivers, so that none of its records comes twice.
   *
   * @param read Makes the call with a sink that notices if the other one throws.
   * @throws {Error} if a sink makes this call, or if one has thrown before.
   */
  #deliver<T>(sink: RecordSink, read: (sink: RecordSink) => T): T {
    if (this.#isDelivering) {
      throw new Error(
        "this reader is delivering: a sink cannot make it read; do so after " +
          "the call that the sink was given to",
      );
    }
    this.#checkSinks();
    this.#isDelivering = true;
    try {
      return read((record) => {
        this.#sinkThrew = true; // unless it returns
        sink(record);
        this.#sinkThrew = false;
      });
    } finally {
      this.#isDelivering = false;
    }
  }

  #checkSinks(): void {
    if (!this.#sinkThrew) return;
    throw new Error(
      "a sink threw, so that it is not known what was delivered: make another " +
        "reader, at a cursor that was taken before",
    );
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

/**
 * Returns a buffer that is the region. A part of a buffer is copied, because
 * words are loaded from the start of one.
 */
function bufferOf(memory: ArrayBuffer | Uint8Array): ArrayBuffer {
  if (memory instanceof ArrayBuffer) return memory;
  const { buffer, byteLength } = memory;
  const isAll = buffer instanceof ArrayBuffer &&
    buffer.byteLength === byteLength;
  return isAll ? buffer : new Uint8Array(memory).buffer;
}
