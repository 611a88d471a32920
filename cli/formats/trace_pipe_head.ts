// SPDX-License-Identifier: MIT
/**
 * Prints what stands before an event's name in the kernel's own trace output.
 *
 * @module
 */
import { contextFlags, taskOf } from "../../ring/events/event_context.ts";
import type { RecordView } from "../../ring/record_view.ts";
import type { OutputBuffer } from "./output_buffer.ts";

const NAME_WIDTH = 16;
const TASK_WIDTH = 7;
const CPU_DIGITS = 3;

/** Returns what the kernel prints if it does not know a task's name. */
function nameOf(task: number): string {
  if (task === 0) return "<idle>";
  return task < 0 ? "<XXX>" : "<...>";
}

/**
 * Appends "           <...>-1234    [002] d.h1. ". The name is unknown, because
 * names of tasks are not in the ring.
 *
 * Source: `trace_print_context`, kernel/trace/trace_output.c; names,
 * `__trace_find_cmdline`, kernel/trace/trace.c.
 */
export function appendEventHead(view: RecordView, into: OutputBuffer): void {
  const task = taskOf(view);
  const name = nameOf(task).padStart(NAME_WIDTH);
  const number = String(task).padEnd(TASK_WIDTH);
  const cpu = String(view.ring.cpu).padStart(CPU_DIGITS, "0");
  into.appendText(`${name}-${number} [${cpu}] ${contextFlags(view)} `);
}
