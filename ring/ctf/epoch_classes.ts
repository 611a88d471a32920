// SPDX-License-Identifier: MIT
/**
 * Keeps the classes of a recording's epochs.
 *
 * @module
 */
import type { RegionInfo } from "../header.ts";
import type { ClockInfo } from "./clock_info.ts";
import { type FormatSource, PacketClasses } from "./packet_classes.ts";

/** How many epochs are kept: several, because streams of slow rings may come to
 * an epoch that others have left; but not all, because a guest that goes on
 * counting must not fill memory. */
const EPOCHS_MAX = 16;

/** Keeps the classes of the last epochs. */
export class EpochClasses {
  readonly #source: FormatSource;
  readonly #byEpoch = new Map<number, PacketClasses>();
  /** Classes of epochs up to this one may be on the disk, but not kept here. */
  #forgotten = -1;
  /**
   * The slowest of all clocks so far: times that it can show can be shown by
   * all.
   */
  #slowest: ClockInfo | null = null;

  /** @param source Gives the formats of all epochs. */
  constructor(source: FormatSource) {
    this.#source = source;
  }

  /** Begins a session: its epochs have nothing to do with those before. */
  clear(): void {
    this.#byEpoch.clear();
    this.#forgotten = -1;
    this.#slowest = null;
  }

  /**
   * Returns the classes of an epoch: always the same ones, or frozen ones if
   * they are no longer kept.
   *
   * @param info The header, which has the clock of its own epoch.
   */
  of(epoch: number, info: RegionInfo): PacketClasses {
    const known = this.#byEpoch.get(epoch);
    if (known !== undefined) return known;
    const clock = epoch === info.epoch
      ? { ticks: info.clockBase, utcNs: info.utcBaseNs }
      : null;
    const { clockId, clockHz } = info;
    const mine: ClockInfo = { clockId, clockHz };
    const slowest = this.#slowest !== null && this.#slowest.clockHz < clockHz
      ? this.#slowest
      : mine;
    this.#slowest = slowest;
    if (epoch <= this.#forgotten) {
      return new PacketClasses(epoch, slowest, null, clock);
    }
    const classes = new PacketClasses(epoch, mine, this.#source, clock);
    this.#byEpoch.set(epoch, classes);
    if (this.#byEpoch.size > EPOCHS_MAX) {
      const oldest = Math.min(...this.#byEpoch.keys());
      this.#byEpoch.delete(oldest);
      this.#forgotten = oldest;
    }
    return classes;
  }
}
