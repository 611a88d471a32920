// SPDX-License-Identifier: MIT
/**
 * Events that the kernel's own trace prints without their names.
 *
 * @module
 */
import type { EventFormat } from "../../ring/events/event_format.ts";

/**
 * Tells whether an event is an entry of the function tracer, of which the kernel
 * prints only "vfs_read <-ksys_read". Its format prints this with a blank before
 * it, which stands for the one behind a name.
 *
 * Source: `trace_fn_trace` in the kernel's kernel/trace/trace_output.c.
 */
export function isUnnamed({ system, name, print }: EventFormat): boolean {
  const first = print?.pieces[0];
  return system === "ftrace" && name === "function" &&
    typeof first === "string" && first.startsWith(" ");
}
