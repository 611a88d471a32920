// SPDX-License-Identifier: MIT
/**
 * Decodes what every kernel event says about where it happened.
 *
 * @module
 */
import { integerAt, type Payload } from "./payload.ts";

/** `trace_entry.flags`; source: the kernel's include/linux/trace_events.h. */
const IRQS_OFF = 0x01;
const NEED_RESCHED_LAZY = 0x02;
const NEED_RESCHED = 0x04;
const HARDIRQ = 0x08;
const SOFTIRQ = 0x10;
const PREEMPT_RESCHED = 0x20;
const NMI = 0x40;
const BH_OFF = 0x80;

/** Offsets in `struct trace_entry`, which `parseEventFormat` has checked. */
const FLAGS = 2;
const PREEMPT_COUNT = 3;
const PID = 4;
/** Bytes of `struct trace_entry`. */
const ENTRY_BYTES = 8;

/** The character for the sum of lazy (1), need (2) and preempt (4). */
const RESCHED = ".lnbpLNB";

/**
 * Returns the five characters that `trace_pipe` has before the time: interrupts
 * off, reschedule wanted, kind of interrupt, depth of preemption and of
 * migration disabled; such as "d.h1.".
 *
 * @param payload One that fits a format, see `EventTable.describe`.
 * Source: `trace_print_lat_fmt` in the kernel's kernel/trace/trace_output.c.
 */
export function contextFlags({ bytes, payloadOffset }: Payload): string {
  const flags = bytes[payloadOffset + FLAGS];
  const depth = bytes[payloadOffset + PREEMPT_COUNT];
  const irqs = flags & IRQS_OFF
    ? (flags & BH_OFF ? "D" : "d")
    : flags & BH_OFF
    ? "b"
    : ".";
  const resched = RESCHED[
    (flags & NEED_RESCHED_LAZY ? 1 : 0) | (flags & NEED_RESCHED ? 2 : 0) |
    (flags & PREEMPT_RESCHED ? 4 : 0)
  ];
  return irqs + resched + interrupt(flags) + digit(depth & 0xf) +
    digit(depth >>> 4);
}

/**
 * Returns the number that the current task has in the guest; 0 for an idle CPU,
 * or if the payload is too short.
 */
export function taskOf(
  { bytes, payloadOffset, payloadBytes }: Payload,
): number {
  if (payloadBytes < ENTRY_BYTES) return 0;
  return integerAt(bytes, payloadOffset + PID, 4, true) as number;
}

function interrupt(flags: number): string {
  if (flags & NMI) return flags & HARDIRQ ? "Z" : "z";
  if (flags & HARDIRQ) return flags & SOFTIRQ ? "H" : "h";
  return flags & SOFTIRQ ? "s" : ".";
}

const digit = (depth: number) => depth === 0 ? "." : depth.toString(16);
