// SPDX-License-Identifier: MIT
/**
 * Makes the payloads of the protocol's own records for the small writer.
 *
 * @module
 */
import { ABI, CLOCK, KLOG, TAKEOVER, TASK } from "../layout.ts";

/** A message of the kernel log to be written. */
export interface KlogText {
  /** The number that the kernel gave it. */
  readonly seq: bigint;
  /** The kernel's timestamp in microseconds; none if not given. */
  readonly timeUs?: bigint;
  /** Messages lost before it; 0 if not given. */
  readonly skipped?: number;
  /** Syslog facility * 8 + level; 6 if not given. */
  readonly priority?: number;
  /** The text, without a newline at its end. */
  readonly text: string;
}

/** Makes a kernel log record's payload. Source: `struct ivring_klog`. */
export function klogPayload(message: KlogText): Uint8Array {
  const text = new TextEncoder().encode(message.text);
  const bytes = new Uint8Array(KLOG.size + text.length);
  const view = new DataView(bytes.buffer);
  const { seq, timeUs = ABI.KLOG_NO_TIME, skipped = 0, priority = 6 } = message;
  view.setBigUint64(KLOG.seq, seq, true);
  view.setBigUint64(KLOG.timeUs, timeUs, true);
  view.setUint32(KLOG.skipped, skipped, true);
  view.setUint16(KLOG.priority, priority, true);
  view.setUint16(KLOG.textBytes, text.length, true);
  bytes.set(text, KLOG.size);
  return bytes;
}

/** Makes a clock record's payload. Source: `struct ivring_clock`. */
export function clockPayload(
  clockValue: bigint,
  utcNs: bigint,
  reason: number,
  epoch: number,
): Uint8Array {
  const bytes = new Uint8Array(CLOCK.size);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(CLOCK.clockValue, clockValue, true);
  view.setBigUint64(CLOCK.utcNs, utcNs, true);
  view.setUint32(CLOCK.reason, reason, true);
  view.setUint32(CLOCK.epoch, epoch, true);
  return bytes;
}

/** Makes a takeover record's payload. Source: `struct ivring_takeover`. */
export function takeoverPayload(reason: number, epoch: number): Uint8Array {
  const bytes = new Uint8Array(TAKEOVER.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(TAKEOVER.reason, reason, true);
  view.setUint32(TAKEOVER.epoch, epoch, true);
  return bytes;
}

/**
 * Makes the payload of a record that names a task.
 *
 * @param comm At most 15 bytes of it are kept.
 * Source: `struct ivring_task`.
 */
export function taskPayload(pid: number, comm: string): Uint8Array {
  const bytes = new Uint8Array(TASK.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(TASK.pid, pid, true);
  view.setUint32(TASK.tgid, pid, true);
  const room = bytes.subarray(TASK.comm, TASK.comm + ABI.COMM_BYTES - 1);
  new TextEncoder().encodeInto(comm, room);
  return bytes;
}
