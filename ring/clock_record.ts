// SPDX-License-Identifier: MIT
/**
 * Decodes what a guest announces about its clock.
 *
 * @module
 */
import { ABI, CLOCK } from "./layout.ts";
import type { RecordView } from "./record_view.ts";

/** How a guest's clock relates to UTC from a record on, as the guest claims. */
export interface ClockAnnouncement {
  /** Clock ticks at `utcNs`. */
  readonly clockValue: bigint;
  /** Nanoseconds since 1970 UTC. */
  readonly utcNs: bigint;
  /** `ABI.ANNOUNCE_*`. */
  readonly reason: number;
}

/**
 * Decodes a record of `ABI.ID_CLOCK`.
 *
 * @returns Null if it contradicts itself or the block it came in; it is then
 * shown as opaque.
 * Source: `struct ivring_clock`.
 */
export function readClock(record: RecordView): ClockAnnouncement | null {
  const { bytes, payloadOffset, payloadBytes, epoch } = record;
  if (payloadBytes !== CLOCK.size) return null;
  const view = new DataView(bytes.buffer, payloadOffset, CLOCK.size);
  const reason = view.getUint32(CLOCK.reason, true);
  if (
    view.getUint32(CLOCK.epoch, true) !== epoch ||
    (reason !== ABI.ANNOUNCE_START && reason !== ABI.ANNOUNCE_STEP)
  ) return null;
  return {
    clockValue: view.getBigUint64(CLOCK.clockValue, true),
    utcNs: view.getBigUint64(CLOCK.utcNs, true),
    reason,
  };
}
