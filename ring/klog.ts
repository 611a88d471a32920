// SPDX-License-Identifier: MIT
/**
 * A message of the guest's kernel log, as its driver recorded it.
 *
 * @module
 */
import { ABI, KLOG } from "./layout.ts";
import type { RecordView } from "./record_view.ts";

/** What the guest says of one message of its kernel log. */
export interface KlogMessage {
  /** The kernel's own number of it; grows within a boot. */
  readonly seq: number;
  /** The kernel's own stamp of it, us; null where it does not stamp. */
  readonly timeUs: number | null;
  /** Messages right before it that the kernel had overwritten. */
  readonly skipped: number;
  /** Syslog facility: 0 is the kernel. */
  readonly facility: number;
  /** Syslog level: 0 (emergency) to 7 (debug). */
  readonly level: number;
  /** Where in the record's `bytes` the text begins. */
  readonly textOffset: number;
  /** Bytes of text, without a newline at its end; any bytes. Fewer than the
   * kernel had where the record is `truncated`. */
  readonly textBytes: number;
}

const HIGH = 0x100000000;
/** A syslog priority is facility * 8 + level. */
const LEVEL_BITS = 3;
const LEVEL_MASK = 7;

/**
 * Looks at a record of `ABI.ID_KLOG`.
 *
 * @returns Null where it contradicts itself: to be shown as opaque.
 * Source: `struct ivring_klog`.
 */
export function readKlog(record: RecordView): KlogMessage | null {
  const { bytes, payloadOffset, payloadBytes, truncated } = record;
  if (payloadBytes < KLOG.size) return null;
  const view = new DataView(bytes.buffer, payloadOffset, KLOG.size);
  const seq = numberOf(view, KLOG.seq);
  const skipped = view.getUint32(KLOG.skipped, true);
  const priority = view.getUint16(KLOG.priority, true);
  const stated = view.getUint16(KLOG.textBytes, true);
  const textBytes = payloadBytes - KLOG.size;
  const whole = truncated ? textBytes <= stated : textBytes === stated;
  // None can be overwritten that never had a number; nor has -1 any before it.
  if (!whole || skipped > seq) return null;
  const none = view.getBigUint64(KLOG.timeUs, true) === ABI.KLOG_NO_TIME;
  const timeUs = none ? null : numberOf(view, KLOG.timeUs);
  if (timeUs !== null && timeUs < 0) return null;
  return {
    seq,
    timeUs,
    skipped,
    facility: priority >>> LEVEL_BITS,
    level: priority & LEVEL_MASK,
    textOffset: payloadOffset + KLOG.size,
    textBytes,
  };
}

/** A 64-bit field; -1 at or above `ABI.POSITION_LIMIT`. */
function numberOf(view: DataView, offset: number): number {
  const value = view.getUint32(offset + 4, true) * HIGH +
    view.getUint32(offset, true);
  return value < ABI.POSITION_LIMIT ? value : -1;
}
