// SPDX-License-Identifier: MIT
/**
 * The time in front of a line of text.
 *
 * @module
 */
import type { RegionInfo } from "../../ring/header.ts";
import type { KlogMessage } from "../../ring/klog.ts";
import type { RecordView } from "../../ring/record_view.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import type { ClockState } from "./region_clocks.ts";
import { appendDigits, appendUnsigned, digitsOf } from "./append_number.ts";
import type { TimeStyle } from "./formatter.ts";

const HIGH = 0x100000000;
const BLANK = 0x20;
const DOT = 0x2e;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const DASH = 0x2d;
const LETTER_Z = 0x5a;
const US_PER_S = 1_000_000;
const US_DIGITS = 6;
/** How wide printk and trace_pipe print the seconds. */
const SECONDS_WIDTH = 5;

/** Appends stamps of one style. */
export class Stamps {
  readonly #style: TimeStyle;
  readonly #clock: ClockState;
  /** Ticks of the ring's clock per second; 0 if there is no clock. */
  #hz = 0;
  /** The minute since 1970 whose local time is kept below; -1 for none. */
  #localMinute = -1;
  #localPrefix = "";
  #localOffset = "";

  /** @param clock Stays the caller's, who passes each header to it. */
  constructor(style: TimeStyle, clock: ClockState) {
    this.#style = style;
    this.#clock = clock;
  }

  /**
   * Whether kernel events get their time where trace_pipe prints it, instead of
   * a stamp in front of the line.
   */
  get own(): boolean {
    return this.#style === "auto";
  }

  /** Takes the clock from a header. */
  attached({ clockHz }: RegionInfo): void {
    this.#hz = clockHz;
  }

  /**
   * Appends a record's stamp and a blank, if it gets one.
   *
   * @param klog The record's kernel message; null for any other record.
   */
  append(
    record: RecordView,
    klog: KlogMessage | null,
    into: OutputBuffer,
  ): void {
    switch (this.#style) {
      case "none":
        return;
      case "auto":
        if (klog !== null && klog.timeUs !== null) uptime(klog.timeUs, into);
        return;
      case "uptime":
        uptime(klog?.timeUs ?? this.microseconds(record), into);
        return;
      case "raw":
        appendUnsigned(into, record.timeHigh, record.timeLow);
        into.appendByte(BLANK);
        return;
      default:
        this.#date(record, klog, into);
    }
  }

  /**
   * Appends the time at which this host saw something, and a blank, if dates
   * are wanted. The other styles show the guest's clock, so they append
   * nothing.
   *
   * @param utcMs The time in ms since 1970, by this host's clock.
   */
  appendHost(utcMs: number, into: OutputBuffer): void {
    const seconds = Math.floor(utcMs / 1000);
    const ms = utcMs - seconds * 1000;
    if (this.#style === "utc") {
      into.appendText(`${hostSecond(utcMs)}.`);
      appendDigits(into, ms * 1000, US_DIGITS);
      into.appendText("Z ");
    } else if (this.#style === "local") {
      this.#local(seconds, ms * 1e6, into);
      into.appendByte(BLANK);
    }
  }

  /**
   * Returns a record's time on the ring's clock, in microseconds; 0 if there is
   * no clock.
   */
  microseconds({ timeLow, timeHigh }: RecordView): number {
    if (this.#hz === 0) return 0;
    const ticks = timeHigh * HIGH + timeLow;
    if (this.#hz === 1e9 && ticks <= Number.MAX_SAFE_INTEGER) {
      return Math.floor(ticks / 1000);
    }
    const exact = BigInt(timeHigh) << 32n | BigInt(timeLow);
    return Number(exact * BigInt(US_PER_S) / BigInt(this.#hz));
  }

  #date(
    record: RecordView,
    klog: KlogMessage | null,
    into: OutputBuffer,
  ): void {
    const { wall } = this.#clock;
    const moment = klog === null ? record : this.#clock.momentOf(record, klog);
    if (!wall.convert(moment)) {
      into.appendByte(DASH);
    } else if (this.#style === "utc") {
      into.append(wall.prefix, 0, wall.prefix.length);
      appendDigits(into, Math.floor(wall.ns / 1000), US_DIGITS);
      into.appendByte(LETTER_Z);
    } else this.#local(wall.unixSeconds, wall.ns, into);
    into.appendByte(BLANK);
  }

  /**
   * Appends local time. Most of it is kept for a minute, because time zones
   * differ from UTC by whole minutes, and change at whole minutes.
   */
  #local(unixSeconds: number, ns: number, into: OutputBuffer): void {
    const minute = Math.floor(unixSeconds / 60);
    if (minute !== this.#localMinute) {
      this.#localMinute = minute;
      const date = new Date(minute * 60_000);
      const east = -date.getTimezoneOffset();
      const shifted = new Date(date.getTime() + east * 60_000);
      this.#localPrefix = shifted.toISOString().slice(0, 17);
      const away = Math.abs(east);
      const two = (value: number) => String(value).padStart(2, "0");
      this.#localOffset = (east < 0 ? "-" : "+") +
        `${two(Math.floor(away / 60))}:${two(away % 60)}`;
    }
    into.appendText(this.#localPrefix);
    appendDigits(into, unixSeconds % 60, 2);
    into.appendByte(DOT);
    appendDigits(into, Math.floor(ns / 1000), US_DIGITS);
    into.appendText(this.#localOffset);
  }
}

/** Formats a time of this host's clock as "2026-01-31T12:34:56", in UTC. */
export function hostSecond(utcMs: number): string {
  return new Date(utcMs).toISOString().slice(0, 19);
}

/** Appends the time since boot the way printk does: "[   12.345678] ". */
function uptime(us: number, into: OutputBuffer): void {
  into.appendByte(OPEN);
  appendSeconds(us, into);
  into.appendByte(CLOSE);
  into.appendByte(BLANK);
}

/** Appends "   12.345678", which is at least twelve characters wide. */
export function appendSeconds(us: number, into: OutputBuffer): void {
  const seconds = Math.floor(us / US_PER_S);
  for (let n = digitsOf(seconds); n < SECONDS_WIDTH; n++) {
    into.appendByte(BLANK);
  }
  appendUnsigned(into, Math.floor(seconds / HIGH), seconds >>> 0);
  into.appendByte(DOT);
  appendDigits(into, us - seconds * US_PER_S, US_DIGITS);
}
