// SPDX-License-Identifier: MIT
/**
 * Prints what stands before an event's name in the kernel's own trace output.
 *
 * @module
 */
import { contextFlags, taskOf } from "../../ring/events/event_context.ts";
import type { RecordView } from "../../ring/record_view.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import { safeLine } from "./terminal.ts";

const NAME_WIDTH = 16;
const TASK_WIDTH = 7;
const CPU_DIGITS = 3;

/** Returns what the kernel prints if it does not know a task's name. */
function nameless(task: number): string {
  return task < 0 ? "<XXX>" : "<...>";
}

/**
 * Appends "              sh-1234    [002] d.h1. ". A name is made safe even if no
 * terminal shows it, so that a record stays one line.
 *
 * @param comm The task's name; null if it is unknown.
 * Source: `trace_print_context`, kernel/trace/trace_output.c; names,
 * `__trace_find_cmdline`, kernel/trace/trace.c.
 */
export function appendEventHead(
  view: RecordView,
  comm: string | null,
  into: OutputBuffer,
): void {
  const task = taskOf(view);
  const shown = comm === null ? nameless(task) : safeLine(comm);
  const name = shown.padStart(NAME_WIDTH);
  const number = String(task).padEnd(TASK_WIDTH);
  const cpu = String(view.ring.cpu).padStart(CPU_DIGITS, "0");
  into.appendText(`${name}-${number} [${cpu}] ${contextFlags(view)} `);
}
