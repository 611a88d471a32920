// SPDX-License-Identifier: MIT
/**
 * Prints many messages as JSON at once. Up to their messages the lines of one
 * ring are the same except for some digits, so these are changed, and the whole
 * is copied.
 *
 * @module
 */
import { RECORD } from "../../ring/layout.ts";
import {
  blankView,
  type MessageRun,
  type RecordView,
} from "../../ring/record_view.ts";
import type { RingInfo } from "../../ring/ring_geometry.ts";
import { OutputBuffer } from "./output_buffer.ts";
import { BEYOND_BYTES, copyPayload } from "./copy_payload.ts";
import { putNineDigits } from "./digits.ts";
import { appendJsonPayload } from "./json_string.ts";
import type { WallClock } from "./clock_to_utc.ts";

const HIGH = 0x100000000;
const BILLION = 1e9;
const BILLION_DIGITS = 9;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
/** Longer than most lines without their message. */
const HEAD_BYTES = 512;
/** "}\n" */
const LINE_END = 0x0a7d;

/** Where in a buffer the numbers of a line end. */
export interface LinePlaces {
  /** Where the nanoseconds of `timestamp` end. */
  nsEnd: number;
  seqEnd: number;
  clockEnd: number;
}

/**
 * Appends a line up to its message.
 *
 * @returns Where its numbers are; valid until the next call.
 */
export type BeginLine = (record: RecordView, into: OutputBuffer) => LinePlaces;

/** Appends lines of messages. */
export class JsonMessages {
  readonly #begin: BeginLine;
  readonly #wall: WallClock;
  readonly #heads = new Map<RingInfo, JsonLineHead>();

  /** @param wall Stays the caller's, who passes each clock to it. */
  constructor(begin: BeginLine, wall: WallClock) {
    this.#begin = begin;
    this.#wall = wall;
  }

  /**
   * Forgets the lines that were prepared, because a new header brings new
   * rings.
   */
  clear(): void {
    this.#heads.clear();
  }

  /** See `MessagesFormat`. */
  append(
    { batch, count, ring }: MessageRun,
    into: OutputBuffer,
    sizes: Uint32Array,
    end: number,
  ): void {
    const { bytes, words, offsets, next, epoch } = batch;
    const head = this.#headOf(ring);
    for (let i = 0; i < count; i++) {
      const record = offsets[next + i];
      const w = record >>> 2;
      head.moveTo(batch.firstSeq + next + i, epoch, words[w], words[w + 1]);
      const start = into.length;
      into.reserve(head.length + BEYOND_BYTES);
      copyPayload(into, start, head, 0, head.length);
      into.filled(start + head.length);
      const payload = record + RECORD.size;
      const payloadBytes = words[(record + RECORD.len) >>> 2] >>> 16;
      const ended = payloadBytes > 0 &&
        bytes[payload + payloadBytes - 1] === NEWLINE;
      appendJsonPayload(into, batch, payload, payloadBytes - (ended ? 1 : 0));
      into.reserve(2);
      into.view.setUint16(into.length, LINE_END, true);
      into.filled(into.length + 2);
      sizes[end + 2 * i] = into.length - start;
      sizes[end + 2 * i + 1] = payloadBytes;
    }
  }

  #headOf(ring: RingInfo): JsonLineHead {
    let head = this.#heads.get(ring);
    if (head === undefined) {
      head = new JsonLineHead(ring, this.#begin, this.#wall);
      this.#heads.set(ring, head);
    }
    return head;
  }
}

/** One ring's last line, up to its message. */
class JsonLineHead {
  readonly #begin: BeginLine;
  readonly #wall: WallClock;
  readonly #view: RecordView;
  readonly #buffer = new OutputBuffer(HEAD_BYTES);
  #places: LinePlaces = { nsEnd: 0, seqEnd: 0, clockEnd: 0 };
  #nextSeq = -1;
  /** The sequence from which on the number has one digit more. */
  #seqLimit = 0;
  /** The second of `timestamp`; -1 if that is null. */
  #second = -1;
  /**
   * The clock's ticks with zeros for the last nine digits; Infinity if these
   * digits cannot be changed alone.
   */
  #clockBase = 0;
  /** The line's memory, as `copyPayload` takes it. */
  bytes!: Uint8Array<ArrayBuffer>;
  words!: Uint32Array<ArrayBuffer>;
  longs!: BigUint64Array<ArrayBuffer>;

  constructor(ring: RingInfo, begin: BeginLine, wall: WallClock) {
    this.#begin = begin;
    this.#wall = wall;
    this.#view = blankView(ring);
    this.#look();
  }

  get length(): number {
    return this.#buffer.length;
  }

  /** Changes the line to that of another record. */
  moveTo(seq: number, epoch: number, timeLow: number, timeHigh: number): void {
    const view = this.#view;
    view.seq = seq;
    view.epoch = epoch;
    view.timeLow = timeLow;
    view.timeHigh = timeHigh;
    const wall = this.#wall;
    const second = wall.convert(view) ? wall.unixSeconds : -1;
    const ticks = timeHigh * HIGH + timeLow - this.#clockBase;
    if (
      seq !== this.#nextSeq || seq >= this.#seqLimit ||
      second !== this.#second || !(ticks >= 0 && ticks < BILLION)
    ) return this.#makeAnew(second);
    this.#nextSeq = seq + 1;
    const { nsEnd, seqEnd, clockEnd } = this.#places;
    const digits = this.#buffer.view;
    if (second >= 0) putNineDigits(digits, nsEnd - BILLION_DIGITS, wall.ns);
    putNineDigits(digits, clockEnd - BILLION_DIGITS, ticks);
    countUp(this.bytes, seqEnd);
  }

  #makeAnew(second: number): void {
    const { seq, timeHigh, timeLow } = this.#view;
    const buffer = this.#buffer;
    buffer.take(buffer.length);
    this.#places = { ...this.#begin(this.#view, buffer) };
    this.#look();
    this.#nextSeq = seq + 1;
    this.#seqLimit = 10 ** String(seq).length;
    this.#second = second;
    const ticks = timeHigh * HIGH + timeLow;
    // Only if there are more than nine digits, and the number is exact.
    const usual = ticks >= BILLION &&
      ticks <= Number.MAX_SAFE_INTEGER - BILLION;
    this.#clockBase = usual ? ticks - ticks % BILLION : Infinity;
  }

  #look(): void {
    const { bytes } = this.#buffer;
    if (bytes === this.bytes) return;
    this.bytes = bytes;
    this.words = new Uint32Array(bytes.buffer, 0, bytes.length >>> 2);
    this.longs = new BigUint64Array(bytes.buffer, 0, bytes.length >>> 3);
  }
}

/** Adds one to a decimal number, at least one digit of which is not 9. */
function countUp(bytes: Uint8Array, end: number): void {
  let at = end - 1;
  for (; bytes[at] === NINE; at--) bytes[at] = ZERO;
  bytes[at]++;
}
