// SPDX-License-Identifier: MIT
/**
 * The clocks of one region, as headers and announcements give them.
 *
 * @module
 */
import { readClock } from "../../ring/clock_record.ts";
import type { RegionInfo } from "../../ring/header.ts";
import type { KlogMessage } from "../../ring/klog.ts";
import { ABI } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { type Moment, WallClock } from "./clock_to_utc.ts";

const HIGH = 0x100000000;
const NS_PER_US = 1000;

/** Follows a region's clocks, in the order in which its records come. */
export class ClockState {
  /** Converts moments to UTC. */
  readonly wall: WallClock = new WallClock();
  readonly #moment = { epoch: 0, timeLow: 0, timeHigh: 0 };
  /**
   * Whether the clock counts nanoseconds since boot, like that of the kernel
   * log.
   */
  #monotonic = false;
  /** The driver start that `#startNs` is the time of; -1 for none. */
  #epoch = -1;
  #startNs = 0;

  /** Takes the clock from a header. */
  attached(info: RegionInfo): void {
    this.wall.attached(info);
    this.#monotonic = info.clockId === ABI.CLOCK_MONOTONIC;
    this.#epoch = info.epoch;
    this.#startNs = Number(info.clockBase);
  }

  /**
   * Takes a record of `ABI.ID_CLOCK`, which announces a clock.
   *
   * @returns False if it contradicts itself.
   */
  announced(record: RecordView): boolean {
    const clock = readClock(record);
    if (clock === null) return false;
    const { clockValue, utcNs, reason } = clock;
    this.wall.announce(record.epoch, clockValue, utcNs);
    if (reason === ABI.ANNOUNCE_START) {
      this.#epoch = record.epoch;
      this.#startNs = Number(clockValue);
    }
    return true;
  }

  /**
   * Returns when a kernel message was logged. Its record has the time at which
   * the driver took the message. That is good enough except for messages from
   * before the driver was loaded, because the driver takes them all at once:
   * these get the time that the kernel gave them, whose clock also began at
   * boot.
   *
   * @returns The record itself, or a moment that is valid until the next call.
   */
  momentOf(record: RecordView, { timeUs }: KlogMessage): Moment {
    const { epoch } = record;
    if (!this.#monotonic || timeUs === null || epoch !== this.#epoch) {
      return record;
    }
    const ns = timeUs * NS_PER_US;
    if (ns >= this.#startNs) return record;
    const moment = this.#moment;
    moment.epoch = epoch;
    moment.timeHigh = Math.floor(ns / HIGH);
    moment.timeLow = ns % HIGH;
    return moment;
  }
}
