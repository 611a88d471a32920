// SPDX-License-Identifier: MIT
/**
 * From a guest's clock ticks to UTC, as the guest claims it.
 *
 * @module
 */
import type { RegionInfo } from "../../ring/header.ts";

const NS_PER_S = 1_000_000_000n;
const HIGH = 0x100000000;
/** Year 9999 ends here: four digits are all that RFC 3339 has. */
const SECONDS_LIMIT = 253_402_300_800n;
/** Clocks remembered: driver starts whose records may still be in the rings. */
const EPOCHS_MAX = 64;

/** A moment, and how fast the clock runs. */
interface Clock {
  readonly hz: number;
  /** Clock ticks at `utcNs`. */
  readonly ticks: bigint;
  /** Nanoseconds since 1970. */
  readonly utcNs: bigint;
}

/** When something was, by the clock of one driver start. */
export interface Moment {
  readonly epoch: number;
  /** Clock ticks, low half. */
  readonly timeLow: number;
  /** Clock ticks, high half. */
  readonly timeHigh: number;
}

/**
 * Converts timestamps. Each driver start has a clock of its own: the last one's
 * is in the header, and each announces its own in the kernel log ring, also
 * when it is set. Moments of a driver start of which neither was seen have no
 * UTC.
 */
export class WallClock {
  /** "2026-01-31T12:34:56." of the last `convert`; ASCII. */
  readonly prefix = new Uint8Array(20);
  #ns = 0;
  #unixSeconds = 0;
  #session = 0n;
  /** The frequency in the last header, because announcements of the time do not
   * contain it. */
  #hz = 0;
  readonly #clocks = new Map<number, Clock>();
  /** Where the cached second begins, in ticks, and whose it is. */
  #epoch = -1;
  #low = 0;
  #high = 0;

  /** Nanoseconds behind `prefix`, of the last `convert`. */
  get ns(): number {
    return this.#ns;
  }

  /** Whole seconds since 1970, of the last `convert`. */
  get unixSeconds(): number {
    return this.#unixSeconds;
  }

  /** Takes the clock of a header; what is announced in its epoch is newer. */
  attached(info: RegionInfo): void {
    const { sessionId, epoch, clockHz, clockBase, utcBaseNs } = info;
    if (sessionId !== this.#session) this.#clocks.clear();
    this.#session = sessionId;
    this.#hz = clockHz;
    this.#set(epoch, { hz: clockHz, ticks: clockBase, utcNs: utcBaseNs });
  }

  /**
   * Takes an announcement: it holds for what comes after it. Of a driver start
   * whose header was not seen, the frequency is taken to be that of the last.
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
    this.#clocks.delete(epoch); // the newest are kept
    this.#clocks.set(epoch, clock);
    if (this.#clocks.size > EPOCHS_MAX) {
      this.#clocks.delete(this.#clocks.keys().next().value!);
    }
  }

  /**
   * Converts a record's timestamp; the outcome is in `prefix` and `ns`.
   *
   * @returns False where it has no UTC: no clock, one that is not known any
   * more, or a time outside the years 0 to 9999.
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
    // One tick is one ns: the rest of this second needs no wide arithmetic.
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
