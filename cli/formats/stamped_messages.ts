// SPDX-License-Identifier: MIT
/**
 * Prints many messages at once, each line with a time stamp.
 *
 * @module
 */
import { RECORD } from "../../ring/layout.ts";
import type { MessageRun } from "../../ring/record_view.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import { BEYOND_BYTES, copyPayload, hasBefore } from "./copy_payload.ts";
import { THREE_DIGITS } from "./digits.ts";
import { appendLines } from "./text_lines.ts";
import type { WallClock } from "./clock_to_utc.ts";

const NEWLINE = 0x0a;
/** "2026-01-31T12:34:56.123456Z ". */
const STAMP_BYTES = 28;
/** "Z ", to be added behind the last two digits. */
const STAMP_END = 0x205a0000;
/** "- ", for a time that has no UTC. */
const UNKNOWN = 0x202d;
const PLAIN = { safe: false, marked: false, color: null } as const;

/** Appends messages with UTC in front of each line. */
export class StampedMessages {
  readonly #wall: WallClock;
  readonly #moment = { epoch: 0, timeLow: 0, timeHigh: 0 };
  /** The stamp of the second `#second`, up to before its last digits. */
  readonly #prefix = new DataView(new ArrayBuffer(STAMP_BYTES));
  #second = -1;

  /** @param wall Stays the caller's, who passes each clock to it. */
  constructor(wall: WallClock) {
    this.#wall = wall;
  }

  /** See `MessagesFormat`. */
  append(
    { batch, count, spanBytes }: MessageRun,
    into: OutputBuffer,
    sizes: Uint32Array,
    end: number,
  ): void {
    const { bytes, offsets, words, next, epoch } = batch;
    const roomBytes = count * STAMP_BYTES + spanBytes + BEYOND_BYTES;
    into.reserve(roomBytes);
    let { view } = into;
    let at = into.length;
    for (let i = 0; i < count; i++) {
      const start = at;
      const record = offsets[next + i];
      const payload = record + RECORD.size;
      const payloadBytes = words[(record + RECORD.len) >>> 2] >>> 16;
      const last = payload + payloadBytes - 1;
      at = this.#stamp(
        view,
        at,
        epoch,
        words[record >>> 2],
        words[(record >>> 2) + 1],
      );
      if (hasBefore(batch, NEWLINE, payload, last)) {
        into.filled(at);
        appendLines(into, start, bytes, payload, payloadBytes, PLAIN);
        into.reserve(roomBytes); // more than its share was used
        view = into.view;
        at = into.length;
      } else {
        copyPayload(into, at, batch, payload, payloadBytes);
        at += payloadBytes;
        const ended = payloadBytes > 0 && bytes[last] === NEWLINE;
        if (!ended) view.setUint8(at++, NEWLINE);
      }
      sizes[end + 2 * i] = at - start;
      sizes[end + 2 * i + 1] = payloadBytes;
    }
    into.filled(at);
  }

  /**
   * Writes a stamp.
   *
   * @returns Where it ends.
   */
  #stamp(
    view: DataView,
    at: number,
    epoch: number,
    timeLow: number,
    timeHigh: number,
  ): number {
    const moment = this.#moment;
    moment.epoch = epoch;
    moment.timeLow = timeLow;
    moment.timeHigh = timeHigh;
    const wall = this.#wall;
    if (!wall.convert(moment)) {
      view.setUint16(at, UNKNOWN, true);
      return at + 2;
    }
    if (wall.unixSeconds !== this.#second) this.#nextSecond();
    const us = ((wall.ns | 0) / 1000) | 0; // integer arithmetic
    const ms = (us / 1000) | 0;
    const last = THREE_DIGITS[us - ms * 1000];
    const prefix = this.#prefix;
    view.setBigUint64(at, prefix.getBigUint64(0, true), true);
    view.setBigUint64(at + 8, prefix.getBigUint64(8, true), true);
    view.setUint32(at + 16, prefix.getUint32(16, true), true);
    view.setUint32(at + 20, THREE_DIGITS[ms] | last << 24, true);
    view.setUint32(at + 24, last >>> 8 | STAMP_END, true);
    return at + STAMP_BYTES;
  }

  #nextSecond(): void {
    this.#second = this.#wall.unixSeconds;
    new Uint8Array(this.#prefix.buffer).set(this.#wall.prefix);
  }
}
