// SPDX-License-Identifier: MIT
/**
 * From a guest's clock ticks to UTC, as the guest claims it.
 *
 * @module
 */
import type { RegionInfo } from "../../ring/header.ts";
import type { RecordView } from "../../ring/record_view.ts";

const NS_PER_S = 1_000_000_000n;
const HIGH = 0x100000000;
/** Year 9999 ends here: four digits are all that RFC 3339 has. */
const SECONDS_LIMIT = 253_402_300_800n;
/** Clocks remembered: driver starts whose records may still be in the rings. */
const EPOCHS_MAX = 64;

type ClockInfo = Pick<RegionInfo, "clockHz" | "clockBase" | "utcBaseNs">;

/**
 * Converts timestamps. Each driver start has a clock of its own, and only the
 * last one's is in the header: records of one that this reader has not seen
 * have no UTC.
 */
export class WallClock {
  /** "2026-01-31T12:34:56." of the last `convert`; ASCII. */
  readonly prefix = new Uint8Array(20);
  #ns = 0;
  #session = 0n;
  readonly #clocks = new Map<number, ClockInfo>();
  /** Where the cached second begins, in ticks, and whose it is. */
  #epoch = -1;
  #low = 0;
  #high = 0;

  /** Nanoseconds behind `prefix`, of the last `convert`. */
  get ns(): number {
    return this.#ns;
  }

  /** Takes the clock of a header. */
  attached(info: RegionInfo): void {
    if (info.sessionId !== this.#session) this.#clocks.clear();
    this.#session = info.sessionId;
    this.#epoch = -1;
    this.#clocks.set(info.epoch, info);
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
  convert({ timeLow, timeHigh, epoch }: RecordView): boolean {
    if (epoch === this.#epoch) {
      const ns = (timeHigh - this.#high) * HIGH + (timeLow - this.#low);
      if (ns >= 0 && ns < 1e9) {
        this.#ns = ns;
        return true;
      }
    }
    const clock = this.#clocks.get(epoch);
    if (clock === undefined || clock.clockHz === 0) return false;
    return this.#convertExactly(clock, timeLow, timeHigh, epoch);
  }

  #convertExactly(
    clock: ClockInfo,
    timeLow: number,
    timeHigh: number,
    epoch: number,
  ): boolean {
    const ticks = BigInt(timeHigh) << 32n | BigInt(timeLow);
    const hz = BigInt(clock.clockHz);
    const scaled = (ticks - clock.clockBase) * NS_PER_S;
    const total = clock.utcBaseNs + floorDiv(scaled, hz);
    const seconds = floorDiv(total, NS_PER_S);
    if (seconds < 0n || seconds >= SECONDS_LIMIT) return false;
    this.#ns = Number(total - seconds * NS_PER_S);
    const text = new Date(Number(seconds) * 1000).toISOString();
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
