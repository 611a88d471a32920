// SPDX-License-Identifier: MIT
/**
 * Makes messages of a ring's records in the way that `guest/PROTOCOL.md` describes
 * under "Reading": joins parts, and checks the kernel's own records.
 *
 * @module
 */
import { constant, sizeOf, Struct, wholeConstant } from "./document.ts";
import type { SampleRecord } from "./sample_ring.ts";

/** What a reader counts of messages. */
export interface MessageCounts {
  bytes: number;
  truncated: number;
  corrupt: number;
  opaque: number;
  skipped: number;
}

/** A message, which is whole, or has only the parts that came. */
export interface SampleMessage {
  /** Sequence of the first of its records that came. */
  readonly seq: number;
  readonly id: number;
  readonly payload: Uint8Array;
  /** Whether its end is missing. */
  readonly truncated: boolean;
}

/** A message of which parts have come. */
interface UnderWay {
  readonly seq: number;
  readonly epoch: number;
  readonly id: number;
  readonly total: number;
  /** Offset in the message of the first piece that came. */
  readonly start: number;
  readonly pieces: Uint8Array[];
  filled: number;
}

const LIMIT = constant("POSITION_LIMIT");

/** Makes one ring's messages. */
export class SampleJoiner {
  readonly counts: MessageCounts = {
    ...{ bytes: 0, truncated: 0, corrupt: 0, opaque: 0, skipped: 0 },
  };
  /**
   * Incomplete messages by their first part's sequence, which every part names.
   */
  readonly #underWay = new Map<number, UnderWay>();
  /**
   * Keys of messages that ended too early, whose further parts are not counted.
   */
  readonly #cut = new Set<number>();
  #messages: SampleMessage[] = [];

  /**
   * Takes the ring's next records.
   *
   * @returns The messages that they complete.
   */
  take(records: readonly SampleRecord[]): SampleMessage[] {
    for (const record of records) {
      if (record.afterGap) this.#endAll();
      if (record.id === constant("ID_PART")) this.#part(record);
      else {
        this.counts.bytes += record.payload.length;
        this.#deliver({ ...record, truncated: false }, record.epoch);
      }
    }
    return this.#given();
  }

  /** Ends all incomplete messages. @returns These. */
  finish(): SampleMessage[] {
    this.#endAll();
    return this.#given();
  }

  #given(): SampleMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  #part({ seq, epoch, payload }: SampleRecord): void {
    const data = payload.subarray(sizeOf("part"));
    if (data.length === 0) {
      this.counts.corrupt++;
      return;
    }
    const part = new Struct("part", viewOf(payload));
    const key = part.number("first_seq");
    const offset = part.number("offset_bytes");
    const total = part.number("total_bytes");
    if (offset === 0) this.#end(key);
    const known = this.#underWay.get(key);
    const fits = part.number("data_bytes") === data.length &&
      total <= constant("MESSAGE_BYTES_MAX") && offset + data.length <= total &&
      (known === undefined ||
        offset === known.start + known.filled && total === known.total);
    if (!fits) {
      this.counts.corrupt++;
      this.#end(key);
      return;
    }
    const id = part.number("id");
    const message = known ??
      { seq, epoch, id, total, start: offset, pieces: [], filled: 0 };
    this.#underWay.set(key, message);
    message.pieces.push(data);
    message.filled += data.length;
    this.counts.bytes += data.length;
    if (offset + data.length === total) this.#end(key);
  }

  #endAll(): void {
    for (const key of [...this.#underWay.keys()]) this.#end(key);
  }

  #end(key: number): void {
    const message = this.#underWay.get(key);
    if (message === undefined) return;
    const { seq, epoch, start, filled, total, pieces } = message;
    this.#underWay.delete(key);
    const headless = start > 0;
    const truncated = start + filled < total;
    const isCounted = this.#cut.delete(key) && headless;
    if (filled < total && !isCounted) this.counts.truncated++;
    if (truncated) this.#cut.add(key);
    // Without its beginning the rest cannot be interpreted, unless it is text.
    const isText = message.id === constant("ID_MESSAGE");
    const id = headless && !isText ? constant("ID_OPAQUE") : message.id;
    const payload = new Uint8Array(pieces.flatMap((piece) => [...piece]));
    this.#deliver({ seq, id, payload, truncated }, epoch);
  }

  #deliver(message: SampleMessage, epoch: number): void {
    const { seq, id, payload, truncated } = message;
    this.#messages.push({ seq, id, payload, truncated });
    switch (id) {
      case constant("ID_MESSAGE"):
      case constant("ID_TAKEOVER"):
      case constant("ID_PART"):
        break;
      case constant("ID_KLOG"):
        this.#klog(message);
        break;
      case constant("ID_CLOCK"):
        if (!isClock(payload, epoch)) this.counts.opaque++;
        break;
      case constant("ID_TASK"):
        if (!isTask(payload)) this.counts.opaque++;
        break;
      default:
        // Kernel events are not counted here, but by code that knows their formats.
        if (id > constant("ID_KERNEL_MAX")) this.counts.opaque++;
    }
  }

  #klog({ payload, truncated }: SampleMessage): void {
    const bytes = payload.length - sizeOf("klog");
    const klog = new Struct("klog", viewOf(payload));
    const isRight = bytes >= 0 &&
      (truncated
        ? bytes <= klog.number("text_bytes")
        : bytes === klog.number("text_bytes")) &&
      klog.number("seq") < LIMIT &&
      klog.number("skipped") <= klog.number("seq") &&
      (klog.whole("time_us") === wholeConstant("KLOG_NO_TIME") ||
        klog.number("time_us") < LIMIT);
    if (isRight) this.counts.skipped += klog.number("skipped");
    else this.counts.opaque++;
  }
}

/** Returns whether a clock record is valid, and has the epoch of its block. */
function isClock(payload: Uint8Array, epoch: number): boolean {
  if (payload.length !== sizeOf("clock")) return false;
  const clock = new Struct("clock", viewOf(payload));
  const reasons = [constant("ANNOUNCE_START"), constant("ANNOUNCE_STEP")];
  return clock.number("epoch") === epoch &&
    reasons.includes(clock.number("reason"));
}

/** Returns whether a record names a task. */
function isTask(payload: Uint8Array): boolean {
  if (payload.length !== sizeOf("task")) return false;
  const task = new Struct("task", viewOf(payload));
  const isNumber = task.number("pid") > 0 && task.number("pid") < 2 ** 31;
  return isNumber && payload.subarray(sizeOf("task") - constant("COMM_BYTES"))
    .includes(0);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
