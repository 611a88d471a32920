// SPDX-License-Identifier: MIT
/**
 * What is done with one region at a time: printed, recorded.
 *
 * @module
 */
import type { RegionInfo } from "../../ring/header.ts";

/** What one bounded round of reading came to. */
export interface Round {
  /** Whether there is more to be had at once. */
  readonly more: boolean;
  /** Whether anything was read, or is held back. */
  readonly busy: boolean;
  /** Whether a new session has begun: what came before it is complete. */
  readonly turned: boolean;
}

/** What is done with an attached region. */
export interface RegionWork {
  /** The header that was validated last. */
  readonly info: RegionInfo;
  /** What the guest last said; for metrics, and what is found by a pattern. */
  readonly pulse?: Pulse;
  /** Whether something was delivered that is not written yet. */
  readonly held?: boolean;
  /** To be told when all that was delivered is written out. */
  written?(): void;
  /** Reads some more. @throws where the region cannot be read any more. */
  round(): Round;
  /**
   * Delivers what is held back; nothing is read after that.
   *
   * @param gone Whether nobody can go on with this region later.
   */
  finish(gone: boolean): void;
}

/** What a guest says of itself. */
export interface Pulse {
  /** `ABI.STATE_*`. */
  readonly state: number;
  /** `ABI.MODE_*`. */
  readonly mode: number;
  /** Grows about once a second while the driver runs. */
  readonly heartbeat: bigint;
}

/** What was last seen of a guest. */
export interface Guest extends Pulse {
  /** When it was seen to have grown, in ms since 1970. */
  readonly beatUtcMs: number;
}

/**
 * Rounds that empty every ring, however little each takes: a guest that writes
 * as fast as it is read must not keep an ending reader. Records are merged by
 * time, so all rings may have to wait while one is read to its end; and what
 * was read has to be delivered before there is room for more.
 */
export function roundsOfAll(info: RegionInfo): number {
  const blocks = info.rings.reduce((sum, ring) => sum + ring.nrBlocks, 0);
  return 2 * blocks + 2;
}
