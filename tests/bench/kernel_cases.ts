// SPDX-License-Identifier: MIT
/**
 * The ways to record that the kernel's half of part 1 measures.
 *
 * @module
 */
import { TRACEFS } from "../vm/tracing.ts";

/** How a record is made. */
export interface Case {
  readonly name: string;
  /** The arguments of kernel/cost.c, without the numbers. */
  readonly how: string;
  /** Commands in the guest before and after. */
  readonly before?: string;
  readonly after?: string;
  /** The most bytes that it takes in one piece. */
  readonly mostBytes?: number;
}

/** The length of a line in the kernel log. */
const LINE_BYTES = 900;

const EVENT = `${TRACEFS}/events/ivring_cost/enable`;
/** Returns the command that records the event in the ring. */
const start = (options: string) =>
  `sh ivring-trace start --no-symbols ${options} ivring_cost`;
const STOP = "sh ivring-trace stop";

/** What any ring has to do. */
export const FLOOR: Case = {
  name: "floor: memcpy and the clock",
  how: "kernel floor",
};
const IVRING: Case = { name: "**ivring_write()**", how: "kernel ivring" };

/** Ways to record in kernel code. */
export const INSIDE: readonly Case[] = [
  FLOOR,
  IVRING,
  { name: "trace event, off", how: "kernel event" },
  {
    name: "trace event",
    how: "kernel event",
    before: `echo 1 > ${EVENT}`,
    after: `echo 0 > ${EVENT}`,
  },
  {
    name: "trace event, **exported to IVRing** as well",
    how: "kernel event",
    before: start("-b 1408"),
    after: STOP,
  },
  {
    name: "trace event, **to IVRing only** (ivring-trace's default)",
    how: "kernel event",
    before: start(""),
    after: STOP,
  },
  {
    name: "printk(), nothing printed",
    how: "kernel printk",
    mostBytes: LINE_BYTES,
  },
];

const NULL: Case = {
  name: "/dev/null: the system call",
  how: "write /dev/null",
};
const CHARDEV: Case = { name: "**/dev/ivring0**", how: "write /dev/ivring0" };

/** Ways to record from user space. */
export const OUTSIDE: readonly Case[] = [
  NULL,
  CHARDEV,
  { name: "trace_marker", how: `write ${TRACEFS}/trace_marker` },
  { name: "/dev/kmsg", how: "write /dev/kmsg", mostBytes: LINE_BYTES },
];
