// SPDX-License-Identifier: MIT
/**
 * The work that is done with one region: printing or recording.
 *
 * @module
 */
import type { RegionInfo } from "../../ring/header.ts";
import type { LiveLine } from "../../ring/live.ts";
import type { GuestEvent } from "./guest_event.ts";

/** The result of one bounded round of reading. */
export interface Round {
  /** Whether there is more to read at once. */
  readonly more: boolean;
  /** Whether anything was read, or is held back. */
  readonly busy: boolean;
  /** Whether a new session has begun: what came before it is complete. */
  readonly turned: boolean;
  /**
   * Set if nothing was read because of the header: "changed" if it is a new
   * one, after which there may be more at once; "cleared" while there is none.
   */
  readonly header?: "changed" | "cleared";
}

/** What is done with an attached region. */
export interface RegionWork {
  /** The header that was validated last. */
  readonly info: RegionInfo;
  /** What the guest last said; reads the shared memory. */
  readonly pulse: Pulse;
  /** Copies everything that the guest last said. */
  live(): LiveLine;
  /**
   * Takes a change of the guest's state, and puts it into its place among the
   * guest's records.
   *
   * @returns Whether people will see it there, so that no note is needed.
   */
  guest?(event: GuestEvent): boolean;
  /** Whether something was delivered that is not written yet. */
  readonly held?: boolean;
  /** Notes that everything that was delivered is written out. */
  written?(): void;
  /** Reads one round. @throws if the region cannot be read any more. */
  round(): Round;
  /**
   * Makes reading end with what is committed at this moment, however fast the
   * guest writes. Only the first call matters.
   */
  end(): void;
  /**
   * Delivers what is held back; nothing is read after that.
   *
   * @param gone Whether no later reader can go on with this region.
   */
  finish(gone: boolean): void;
}

/** What a guest says about itself. */
export interface Pulse {
  /** `ABI.STATE_*`. */
  readonly state: number;
  /** `ABI.REASON_*`. */
  readonly reason: number;
  /** `ABI.MODE_*`. */
  readonly mode: number;
  /** Grows about once a second while the driver runs. */
  readonly heartbeat: bigint;
  /** Its driver's version, not sanitised; "" if it gives none. */
  readonly driver: string;
}

/** What was last seen of a guest. */
export interface Guest extends Pulse {
  /** One of `GUEST_STATES`, or "state N". */
  readonly condition: string;
  /** When the heartbeat was last seen to have grown, in ms since 1970. */
  readonly beatUtcMs: number;
}

/**
 * Returns a number of rounds that suffices to read twice what all rings hold at
 * one moment. It is a limit, because a guest that changes what was there must
 * not keep a reader from ending.
 */
export function roundsOfAll(info: RegionInfo): number {
  const blocks = info.rings.reduce((sum, ring) => sum + ring.nrBlocks, 0);
  return 4 * (blocks + info.rings.length) + 16;
}
