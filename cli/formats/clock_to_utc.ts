// SPDX-License-Identifier: MIT
/**
 * Converts a guest's clock ticks to UTC, as the guest claims it.
 *
 * @module
 */
import type { RegionInfo } from "../../ring/header.ts";

const NS_PER_S = 1_000_000_000n;
const HIGH = 0x100000000;
/**
 * The year 9999 ends here, because RFC 3339 has only four digits for a year.
 */
const SECONDS_LIMIT = 253_402_300_800n;
/**
 * How many clocks are remembered: those of driver starts whose records may
 * still be in the rings.
 */
const EPOCHS_MAX = 64;

/** A clock's value at one moment, and how fast it runs. */
interface Clock {
  readonly hz: number;
  /** Clock ticks at `utcNs`. */
  readonly ticks: bigint;
  /** Nanoseconds since 1970. */
  readonly utcNs: bigint;
}

/** A moment, by the clock of one driver start. */
export interface Moment {
  readonly epoch: number;
  /** Clock ticks, low half. */
  readonly timeLow: number;
  /** Clock ticks, high half. */
  readonly timeHigh: number;
}

/**
 * Converts timestamps. Each driver start has a clock of its own. The header has
 * the clock of the last start, and each start announces its own in the kernel
 * log ring, again whenever it is set. If neither was seen, moments of that
 * start have no UTC.
 */
export class WallClock {
  /**
   * The whole second of the last `convert`, such as "2026-01-31T12:34:56.";
   * ASCII.
   */
  readonly prefix = new Uint8Array(20);
  #ns = 0;
  #unixSeconds = 0;
  #session = 0n;
  /** The frequency in the last header, because announcements of the time do not
   * contain it. */
  #hz = 0;
  readonly #clocks = new Map<number, Clock>();
  /**
   * The epoch of the cached second, and the ticks at which the second begins;
   * the epoch is -1 if none is cached.
   */
  #epoch = -1;
  #low = 0;
  #high = 0;

  /** Nanoseconds to be added to `prefix`, of the last `convert`. */
  get ns(): number {
    return this.#ns;
  }

  /** Whole seconds since 1970, of the last `convert`. */
  get unixSeconds(): number {
    return this.#unixSeconds;
  }

  /**
   * Takes the clock from a header. What is announced later in its epoch
   * replaces it.
   */
  attached(info: RegionInfo): void {
    const { sessionId, epoch, clockHz, clockBase, utcBaseNs } = info;
    if (sessionId !== this.#session) this.#clocks.clear();
    this.#session = sessionId;
    this.#hz = clockHz;
    this.#set(epoch, { hz: clockHz, ticks: clockBase, utcNs: utcBaseNs });
  }

  /**
   * Takes an announced clock, which holds for the records after it. If no
   * header of that driver start was seen, the frequency of the last header is
   * assumed.
   *
   * @param ticks The clock at `utcNs`.
   */
  announce(epoch: number, ticks: bigint, utcNs: bigint): void {
    this.#set(epoch, {
      hz: this.#clocks.get(epoch)?.hz ?? this.#hz,
      ticks,
      utcNs,
    });
  }

  #set(epoch: number, clock: Clock): void {
    this.#epoch = -1;
    this.#clocks.delete(epoch); // so that it counts as the newest
    this.#clocks.set(epoch, clock);
    if (this.#clocks.size > EPOCHS_MAX) {
      this.#clocks.delete(this.#clocks.keys().next().value!);
    }
  }

  /**
   * Converts a record's timestamp; the outcome is in `prefix`, `ns` and
   * `unixSeconds`.
   *
   * @returns False if it has no UTC: there is no clock, its clock is not known
   * any more, or the time is outside the years 1970 to 9999.
   */
  convert({ timeLow, timeHigh, epoch }: Moment): boolean {
    if (epoch === this.#epoch) {
      const ns = (timeHigh - this.#high) * HIGH + (timeLow - this.#low);
      if (ns >= 0 && ns < 1e9) {
        this.#ns = ns;
        return true;
      }
    }
    const clock = this.#clocks.get(epoch);
    if (clock === undefined || clock.hz === 0) return false;
    return this.#convertExactly(clock, timeLow, timeHigh, epoch);
  }

  #convertExactly(
    clock: Clock,
    timeLow: number,
    timeHigh: number,
    epoch: number,
  ): boolean {
    const ticks = BigInt(timeHigh) << 32n | BigInt(timeLow);
    const hz = BigInt(clock.hz);
    const scaled = (ticks - clock.ticks) * NS_PER_S;
    const total = clock.utcNs + floorDiv(scaled, hz);
    const seconds = floorDiv(total, NS_PER_S);
    if (seconds < 0n || seconds >= SECONDS_LIMIT) return false;
    this.#ns = Number(total - seconds * NS_PER_S);
    this.#unixSeconds = Number(seconds);
    const text = new Date(this.#unixSeconds * 1000).toISOString();
    for (let i = 0; i < 20; i++) this.prefix[i] = text.charCodeAt(i);
    // If one tick is one ns, the rest of this second needs no wide arithmetic.
    const start = ticks - BigInt(this.#ns);
    this.#epoch = hz === NS_PER_S && start >= 0n ? epoch : -1;
    this.#low = Number(start & 0xffffffffn);
    this.#high = Number(start >> 32n);
    return true;
  }
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
