// SPDX-License-Identifier: MIT
/**
 * Decodes messages of the guest's kernel log, as its driver recorded them.
 *
 * @module
 */
import { ABI, KLOG } from "./layout.ts";
import type { RecordView } from "./record_view.ts";

/** What the guest says about one message of its kernel log. */
export interface KlogMessage {
  /** The number that the kernel gave it; grows within a boot. */
  readonly seq: number;
  /** The kernel's timestamp in microseconds; null if it has none. */
  readonly timeUs: number | null;
  /**
   * Messages right before it that were overwritten or cleared in the kernel.
   */
  readonly skipped: number;
  /** Syslog facility: 0 is the kernel. */
  readonly facility: number;
  /** Syslog level: 0 (emergency) to 7 (debug). */
  readonly level: number;
  /** Where in the record's `bytes` the text begins. */
  readonly textOffset: number;
  /** Length of the text, without a newline at its end; it may hold any bytes.
   * If the record is `truncated`, the kernel's text was longer. */
  readonly textBytes: number;
}

const HIGH = 0x100000000;
/** A syslog priority is facility * 8 + level. */
const LEVEL_BITS = 3;
const LEVEL_MASK = 7;

/**
 * Decodes a record of `ABI.ID_KLOG`.
 *
 * @returns Null if it contradicts itself; it is then shown as opaque.
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
  // Only messages with lower numbers can have been skipped. This also refuses
  // -1, which stands for an impossible number.
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

/** Returns a 64-bit field; -1 if it is at or above `ABI.POSITION_LIMIT`. */
function numberOf(view: DataView, offset: number): number {
  const value = view.getUint32(offset + 4, true) * HIGH +
    view.getUint32(offset, true);
  return value < ABI.POSITION_LIMIT ? value : -1;
}
