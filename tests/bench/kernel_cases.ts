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
  /** The only size that it has. */
  readonly onlyBytes?: number;
}

/** The size that goals are about; sched:sched_switch has it. */
export const GOAL_BYTES = 64;

/** The length of a line in the kernel log. */
const LINE_BYTES = 900;

const EVENT = `${TRACEFS}/events/ivring_cost/enable`;
/** Returns the command that records the event in the ring. */
const start = (options: string) =>
  `sh ivring-trace start --no-symbols ${options} ivring_cost`;
const STOP = "sh ivring-trace stop";

/**
 * Returns a way to record sched:sched_switch, of which the driver has a probe.
 * Through the kernel's buffer it also costs what the kernel does to keep the
 * names of tasks for whoever reads that.
 */
function switchCase(way: string, options: string): Case {
  return {
    name: `sched:sched_switch, ${way}`,
    how: "kernel switch",
    onlyBytes: GOAL_BYTES,
    before: `sh ivring-trace start --no-symbols ${options} sched:sched_switch`,
    after: STOP,
  };
}

/** What any ring has to do. */
export const FLOOR: Case = {
  name: "floor: memcpy and the clock",
  how: "kernel floor",
};
const IVRING: Case = { name: "**ivring_write()**", how: "kernel ivring" };
const LEAN: Case = {
  name: "trace event, **past the kernel's buffer** (ivring-trace, no probe)",
  how: "kernel event",
  before: start(""),
  after: STOP,
};
const PROBE: Case = switchCase("**by a probe** (ivring-trace's default)", "");

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
  LEAN,
  PROBE,
  switchCase("past the kernel's buffer", "--no-probes"),
  switchCase("through the kernel's buffer", "-b 1408"),
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

/** What a way may cost at most, in guest instructions, on Linux 6.1. */
export const GOALS: readonly (readonly [Case, number])[] = [
  [IVRING, 200],
  [CHARDEV, 900],
  [LEAN, 800],
  [PROBE, 450],
];
