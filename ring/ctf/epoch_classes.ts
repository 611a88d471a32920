// SPDX-License-Identifier: MIT
/**
 * The classes of a recording's epochs.
 *
 * @module
 */
import type { RegionInfo } from "../header.ts";
import type { ClockInfo } from "./clock_info.ts";
import { type FormatSource, PacketClasses } from "./packet_classes.ts";

/** Streams of slow rings may come to an epoch that others have left. A guest
 * that counts on and on must not fill memory. */
const EPOCHS_MAX = 16;

/** Keeps the classes of the last epochs. */
export class EpochClasses {
  readonly #source: FormatSource;
  readonly #byEpoch = new Map<number, PacketClasses>();
  /** Classes of epochs up to here may be on the disk and not here any more. */
  #forgotten = -1;
  /**
   * The slowest of all clocks: every clock can show the times that it can show.
   */
  #slowest: ClockInfo | null = null;

  /** @param source Gives the formats, of all epochs. */
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
   * The classes of an epoch: always the same, or frozen ones where they were
   * let go.
   *
   * @param info The header; tells the clock of its own epoch.
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
