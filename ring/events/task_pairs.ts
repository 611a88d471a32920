// SPDX-License-Identifier: MIT
/**
 * Finds tasks and their names in the fields of kernel events: scheduling,
 * wake-ups, forks.
 *
 * @module
 */
import type { EventField } from "./event_field.ts";
import type { EventFormat } from "./event_format.ts";
import {
  integerAt,
  locate,
  type Payload,
  type Span,
  textBytes,
} from "./payload.ts";

/**
 * Names have at most 15 characters, and some tools' buffers have room for no
 * more.
 */
const NAME_BYTES_MAX = 15;
/** Pairs of fields in the kernel's events: a task's name, and its PID. */
const PAIRS: readonly (readonly [comm: string, pid: string])[] = [
  ["comm", "pid"],
  ["newcomm", "pid"],
  ["prev_comm", "prev_pid"],
  ["next_comm", "next_pid"],
  ["parent_comm", "parent_pid"],
  ["child_comm", "child_pid"],
];

const span: Span = { offset: 0, bytes: 0 };

/** Two fields of an event: a task's name, and its PID. */
export interface TaskPair {
  readonly comm: EventField;
  readonly pid: EventField;
}

/** Returns the pairs that an event has. */
export function taskPairs({ fields }: EventFormat): TaskPair[] {
  const find = (name: string) => fields.find((field) => field.name === name);
  return PAIRS.flatMap(([commName, pidName]) => {
    const comm = find(commName);
    const pid = find(pidName);
    const isText = comm?.kind === "dynamicText" ||
      (comm?.kind === "text" && comm.bytes > 0);
    const usable = isText && pid?.kind === "integer" && pid.bytes === 4;
    return usable ? [{ comm, pid }] : [];
  });
}

/**
 * Calls a function for each task that an event names, except for idle ones.
 *
 * @param pairs Those of the event's format.
 * @param payload One that fits the format, see `fits`.
 * @param take Takes the task's number, and where its name is in
 * `payload.bytes`: at most 15 bytes.
 */
export function eachTask(
  pairs: readonly TaskPair[],
  payload: Payload,
  take: (pid: number, offset: number, count: number) => void,
): void {
  const { bytes, payloadOffset: at } = payload;
  for (const { comm, pid } of pairs) {
    const task = Number(integerAt(bytes, at + pid.offset, pid.bytes, true));
    if (task <= 0) continue;
    locate(comm, payload, span);
    const most = Math.min(span.bytes, NAME_BYTES_MAX);
    take(task, span.offset, textBytes(bytes, span.offset, most));
  }
}
