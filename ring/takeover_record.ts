// SPDX-License-Identifier: MIT
/**
 * Decodes the records that a writer begins with when it takes a ring over.
 *
 * @module
 */
import { ABI, TAKEOVER } from "./layout.ts";
import type { RecordView } from "./record_view.ts";

/** Why a ring was taken over, by `ABI.TAKEOVER_*`. */
export const TAKEOVER_REASONS: Readonly<Record<number, string>> = {
  [ABI.TAKEOVER_BOOT]: "boot",
  [ABI.TAKEOVER_PANIC]: "panic",
  [ABI.TAKEOVER_KILLED]: "killed",
  [ABI.TAKEOVER_RESUME]: "resume",
};

/**
 * Returns why a writer took a ring over, from an `ABI.ID_TAKEOVER` record.
 *
 * @returns "boot", "panic", "killed", "resume" or "unknown".
 */
export function takeoverReason(record: RecordView): string {
  const { bytes, payloadOffset, payloadBytes } = record;
  if (payloadBytes !== TAKEOVER.size) return "unknown";
  const view = new DataView(bytes.buffer, bytes.byteOffset + payloadOffset);
  return TAKEOVER_REASONS[view.getUint32(TAKEOVER.reason, true)] ?? "unknown";
}
