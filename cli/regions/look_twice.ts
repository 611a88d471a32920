// SPDX-License-Identifier: MIT
/**
 * Looks at one object of this host twice: a guest whose heartbeat has grown in
 * between is alive.
 *
 * @module
 */
import { shownText } from "../../ffi/c_text.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { SharedMemory } from "../../ffi/shm.ts";
import { OBJECTS_FOLDER } from "../../ffi/shm_object.ts";
import { statPath } from "../../ffi/stat.ts";
import { readGuestName } from "../../ring/guest_name.ts";
import type { RegionInfo } from "../../ring/header.ts";
import { type LiveLine, readCounts, readLive } from "../../ring/live.ts";
import { likenessOf } from "./discovery.ts";
import { CommandError } from "../errors.ts";
import { type GuestClaims, guestClaims } from "./guest_claims.ts";
import { GONE, guestState, hasToBeat } from "../../ring/state_names.ts";
import { ageOf } from "./heartbeat_check.ts";
import type { ObjectRules } from "./objects.ts";
import { ObjectWatch } from "./object_watch.ts";
import { QUIET } from "../console/messages.ts";
import { Missing, tryAttach } from "./attach_region.ts";

/** What was seen; also a line of `list --json`. */
export interface Sighted {
  /** The object's name, "/NAME". */
  readonly object: string;
  /** Its size. */
  readonly bytes: number;
  /**
   * A word that `guestState` returns, such as "running", "hung" or "panicked";
   * "gone" if it vanished meanwhile; "unformatted" if no guest has written to
   * it; "refused" if it is not read, for the reason in `problem`.
   */
  readonly state: string;
  /**
   * Seconds since the last heartbeat, by the guest's clock and this host's; 0
   * if it has grown between the two looks, null if that is unknown.
   */
  readonly age: number | null;
  /**
   * Records per second, in all rings; null if there is nothing to read, or if
   * it is no safe integer.
   */
  readonly rate: number | null;
  /** What the guest claims to be. */
  readonly guest: GuestClaims | null;
  /** What its kernel panicked with, as it claims. */
  readonly panic: string | null;
  /** Why it is not read. */
  readonly problem: string | null;
}

interface Sample {
  readonly ms: number;
  readonly live: LiveLine;
  readonly records: number;
}

/** An object that was looked at once. */
export class Sighting implements Disposable {
  readonly #name: string;
  readonly #bytes: number;
  readonly #problem: string | null;
  readonly #memory: SharedMemory | null;
  readonly #info: RegionInfo | null;
  readonly #first: Sample | null;

  private constructor(
    name: string,
    bytes: number,
    found: { memory: SharedMemory; reader: RegionInfo } | null,
    problem: string | null,
  ) {
    this.#name = name;
    this.#bytes = bytes;
    this.#memory = found?.memory ?? null;
    this.#info = found?.reader ?? null;
    this.#problem = problem;
    this.#first = this.#sample();
  }

  /**
   * Looks at an object for the first time.
   *
   * @param name "/NAME".
   * @returns Null if it is no ring, and could not become one.
   */
  static of(libc: Libc, name: string, rules: ObjectRules): Sighting | null {
    if (likenessOf(libc, name) === "other") return null;
    const bytes = statPath(libc, OBJECTS_FOLDER + name)?.bytes ?? 0;
    try {
      const found = tryAttach(
        libc,
        { name, rules, messages: QUIET },
        (_, info) => info,
      );
      const region = found instanceof Missing ? null : found;
      return new Sighting(name, bytes, region, null);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return new Sighting(name, bytes, null, error.reason);
    }
  }

  /** Whether a guest has formatted it, and it may be read. */
  get isRing(): boolean {
    return this.#info !== null;
  }

  /** Whether a heartbeat of its guest is expected and has not come yet. */
  get isQuiet(): boolean {
    const first = this.#first;
    if (first === null || !hasToBeat(first.live)) return false;
    const last = this.#live();
    return last !== null && last.heartbeat === first.live.heartbeat;
  }

  /** Looks for the second time, and returns what was seen. */
  look(): Sighted {
    const first = this.#first;
    const last = first === null ? null : this.#sample();
    return {
      object: shownText(this.#name),
      bytes: this.#bytes,
      state: this.#state(last),
      age: this.#ageOf(last),
      rate: first === null || last === null
        ? null
        : rateOf(last.records - first.records, last.ms - first.ms),
      guest: this.#claims(),
      panic: last?.live.panicText || null,
      problem: this.#problem,
    };
  }

  /** Closes the object. Idempotent. */
  [Symbol.dispose](): void {
    this.#memory?.close();
  }

  /** @returns Null if there is nothing to read, or nothing any more. */
  #sample(): Sample | null {
    const live = this.#live();
    if (live === null) return null;
    const counts = readCounts(this.#memory!.buffer, this.#info!);
    return {
      ms: performance.now(),
      live,
      records: counts.reduce((sum, { records }) => sum + records, 0),
    };
  }

  #live(): LiveLine | null {
    const info = this.#info;
    const memory = this.#memory;
    if (info === null || memory === null) return null;
    if (new ObjectWatch(memory, QUIET).truncation() !== null) return null;
    return readLive(memory.buffer, info);
  }

  #claims(): GuestClaims | null {
    const info = this.#info;
    const memory = this.#memory;
    if (info === null || memory === null) return null;
    if (new ObjectWatch(memory, QUIET).truncation() !== null) return null;
    return guestClaims(info, readGuestName(memory.buffer, info));
  }

  #beats(last: Sample): boolean {
    return last.live.heartbeat !== this.#first?.live.heartbeat;
  }

  #state(last: Sample | null): string {
    if (this.#problem !== null) return "refused";
    if (this.#info === null) return "unformatted";
    if (last === null) return GONE;
    return guestState(last.live, !this.#beats(last));
  }

  #ageOf(last: Sample | null): number | null {
    if (last === null) return null;
    return this.#beats(last) ? 0 : ageOf(last.live);
  }
}

/**
 * Returns the records per second; null if they are so many that only a hostile
 * guest can have claimed them.
 *
 * @param records How many more there are; below 0 if the guest's counts
 * began at 0 again.
 * @param ms The time that this took.
 */
export function rateOf(records: number, ms: number): number | null {
  const rate = Math.round(records / Math.max(0.001, ms / 1000));
  return rate > Number.MAX_SAFE_INTEGER ? null : Math.max(0, rate);
}
