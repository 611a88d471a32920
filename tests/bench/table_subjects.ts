// SPDX-License-Identifier: MIT
/**
 * The rows of the 2012 table: the guest without tracing, with tracing that goes
 * nowhere, with IVRing, and with every other way out.
 *
 * @module
 */
import { existsSync } from "@std/fs/exists";
import { until } from "../support/temp_folder.ts";
import type { Machine } from "../vm/machine.ts";
import { TRACEFS } from "../vm/tracing.ts";
import {
  type BufferStats,
  countLines,
  countPages,
  parseStats,
} from "./table_count.ts";
import type { Carrier } from "./table_carriers.ts";

/** The form in which events leave the guest. */
export type Form = "text" | "pages";

/** One row. */
export interface Subject {
  readonly name: string;
  /** The form of a rival, which IVRing is compared with; null for others. */
  readonly form: Form | null;
  /** Returns guest commands that switch tracing, and all that belongs to it. */
  switch(on: boolean): string;
  /** A guest command that ends once nothing of the slice is left to do. */
  readonly settle: string;
  /**
   * A guest command that prints the counters, and the function that parses
   * them; the function returns null if nothing counts.
   */
  readonly counters: string;
  parse(text: string): BufferStats | null;
  /** Starts the subject, before any slice. */
  start(machine: Machine): Promise<void>;
  /**
   * Ends the subject, after all slices.
   *
   * @returns How many events the host has; null if it can have none.
   */
  finish(machine: Machine): Promise<number | null>;
}

/** The systems of which all events are traced. */
export const SYSTEMS: readonly string[] = ["sched", "timer", "kmem"];

/** Returns the directory of an instance, which has a buffer of its own. */
export const instanceOf = (stem: string): string =>
  `${TRACEFS}/instances/${stem}`;

/** Returns a command that switches the events of an instance. */
export function switchEvents(instance: string, on: boolean): string {
  return `for s in ${SYSTEMS.join(" ")}; do ` +
    `echo ${on ? 1 : 0} > ${instance}/events/$s/enable; done`;
}

/** The row in which nothing is traced. */
export const BARE: Subject = {
  name: "no tracing",
  form: null,
  switch: () => "true",
  settle: "true",
  counters: "true",
  parse: () => null,
  start: async () => {},
  finish: () => Promise.resolve(null),
};

const statsOf = (instance: string) => `cat ${instance}/per_cpu/cpu0/stats`;

/**
 * The row for tracing's own cost: events go into the kernel's buffer, which
 * nobody reads.
 */
export const KERNEL: Subject = traced("tracing, and no transport", "kernel");

function traced(name: string, stem: string): Subject {
  const instance = instanceOf(stem);
  return {
    ...BARE,
    name,
    switch: (on) => switchEvents(instance, on),
    counters: statsOf(instance),
    parse: parseStats,
    start: async (machine) => {
      await machine.run(`mkdir ${instance}`);
    },
  };
}

/** How often a guest looks, each 20 ms, until something has come to rest. */
const PATIENCE = 400;

/** What a guest prints if it has waited for too long. */
export const GAVE_UP = "@gave-up";

/**
 * Returns a shell command that waits until another one succeeds, or gives up.
 */
export function guestWait(condition: string): string {
  return `i=0; until ${condition}; do usleep 20000; i=$((i+1)); ` +
    `[ $i -lt ${PATIENCE} ] || { echo ${GAVE_UP}; break; }; done`;
}

/**
 * The percentage of its buffer that has to be full before the kernel wakes
 * whoever takes pages. The default is half, and then most slices would have no
 * transfer.
 */
export const WAKE_PERCENT = 10;

/** Events on a rival's way. */
export function rival(carrier: Carrier, form: Form, stem: string): Subject {
  const instance = instanceOf(stem);
  const from = form === "text"
    ? `${instance}/trace_pipe`
    : `${instance}/per_cpu/cpu0/trace_pipe_raw`;
  // The pump is ended, and the rest of a pipeline follows.
  const source = `echo $$ > /tmp/${stem}.pid; exec ./pump ${form} ${from} "$0"`;
  const command = carrier.carry(`sh -c '${source}'`, stem);
  const log = `/tmp/${stem}.log`;
  return {
    ...traced(`${carrier.name}, ${form}`, stem),
    form,
    // Pages that nobody was woken for wait for the next slice.
    settle: form === "text"
      ? guestWait(`grep -q '^entries: 0$' ${instance}/per_cpu/cpu0/stats`)
      : "usleep 50000",
    start: async (machine) => {
      await machine.run(
        `mkdir ${instance} && echo ${WAKE_PERCENT} > ${instance}/buffer_percent`,
      );
      await machine.run(
        `(${command}; echo $? > /tmp/${stem}.end) > ${log} 2>&1 < /dev/null & ` +
          `${guestWait(`[ -s /tmp/${stem}.pid ]`)}; usleep 100000; ` +
          `cat ${log}; kill -0 $(cat /tmp/${stem}.pid)`,
      );
      await until(
        `${stem} is there`,
        () => existsSync(carrier.arrived(stem), { isFile: true }),
      );
    },
    finish: async (machine) => {
      const gone = `[ -e /tmp/${stem}.end ]`;
      // It is signalled repeatedly, because it may not have been asleep the
      // first time.
      const said = await machine.run(
        guestWait(`{ kill $(cat /tmp/${stem}.pid) 2> /dev/null; ${gone}; }`) +
          `; cat ${log}; sync; echo ended with $(cat /tmp/${stem}.end)`,
      );
      if (!said.includes("ended with 0")) throw new Error(`${stem}: ${said}`);
      const bytes = Deno.readFileSync(carrier.arrived(stem));
      return form === "text" ? countLines(bytes) : countPages(bytes);
    },
  };
}
