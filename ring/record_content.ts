// SPDX-License-Identifier: MIT
/**
 * Decodes records into values that stay valid. It is made for programs that
 * inspect records, and not for printing millions of them in a second.
 *
 * @module
 */
import { readClock } from "./clock_record.ts";
import { contextFlags, taskOf } from "./events/event_context.ts";
import type { EventField } from "./events/event_field.ts";
import type { EventFormat } from "./events/event_format.ts";
import { printEvent } from "./events/event_print.ts";
import type { EventTable } from "./events/event_table.ts";
import { type FieldVisitor, visitFields } from "./events/event_values.ts";
import { framesOf } from "./events/kernel_stack.ts";
import { frameText, stackText } from "./events/stack_text.ts";
import { integerAt } from "./events/payload.ts";
import { readKlog } from "./klog.ts";
import { ABI } from "./layout.ts";
import type { RecordView } from "./record_view.ts";
import { takeoverReason } from "./takeover_record.ts";
import { readTask } from "./task_record.ts";

/** A message that a program in the guest wrote to the driver. */
export interface MessageContent {
  /** The kind of this content. */
  readonly kind: "message";
  /** Its bytes as UTF-8, with the line end if the guest wrote one. Bytes that
   * are invalid UTF-8 become U+FFFD. */
  readonly text: string;
}

/** A message of the guest's kernel log. */
export interface KlogContent {
  /** The kind of this content. */
  readonly kind: "klog";
  /** Its bytes as UTF-8, without a line end after the last line. */
  readonly text: string;
  /** The number that the kernel gave it; grows within a boot. */
  readonly seq: number;
  /** When it was logged, by the kernel's timestamp: microseconds since the
   * boot; null if it has none. */
  readonly timeUs: number | null;
  /**
   * Messages right before it that were overwritten or cleared in the kernel.
   */
  readonly skipped: number;
  /** Syslog facility: 0 is the kernel. */
  readonly facility: number;
  /** Syslog level: 0 (emergency) to 7 (debug). */
  readonly level: number;
}

/**
 * A field's value. Integers and addresses are numbers, or bigints if they are
 * 2^53 or more away from 0; an array holds as many of them as the record has;
 * text ends before its NUL; a value of an unknown type is given as bytes.
 */
export type FieldValue =
  | number
  | bigint
  | string
  | readonly (number | bigint)[]
  | Uint8Array<ArrayBuffer>;

/** A kernel event, such as sched_switch. */
export interface EventContent {
  /** The kind of this content. */
  readonly kind: "event";
  /** What the kernel prints for it after "name: "; at most 8 KiB. */
  readonly text: string;
  /** Its subsystem, such as "sched". */
  readonly system: string;
  /** Its name, such as "sched_switch". */
  readonly name: string;
  /** Number of the task in which it happened; 0 for an idle CPU. */
  readonly task: number;
  /**
   * The name that this task had then, as far as the guest has told it; "<idle>"
   * for an idle CPU; null if it is unknown.
   */
  readonly comm: string | null;
  /** The five characters for interrupts and preemption that `trace_pipe` shows,
   * such as "d.h1.". */
  readonly context: string;
  /** Its own fields by name, in the kernel's order. A map, because the guest
   * chooses the names. */
  readonly fields: ReadonlyMap<string, FieldValue>;
  /**
   * The functions of a stack (ftrace:kernel_stack), from the innermost one
   * outwards, such as "vfs_write+0x12/0x80", or addresses where they are unknown;
   * null for other events.
   */
  readonly stack: readonly string[] | null;
}

/** How the guest's clock relates to UTC from this record on. */
export interface ClockContent {
  /** The kind of this content. */
  readonly kind: "clock";
  /** Ticks of the guest's clock at `utcNs`. */
  readonly clockValue: bigint;
  /** Claimed by the guest: nanoseconds since 1970 UTC. */
  readonly utcNs: bigint;
  /** Whether the clock was set, not merely announced at the driver's start. */
  readonly isStep: boolean;
}

/** The name of a task, for the kernel events of this ring that follow. */
export interface TaskContent {
  /** The kind of this content. */
  readonly kind: "task";
  /** The task's number. */
  readonly pid: number;
  /** The number of its process. */
  readonly tgid: number;
  /** Its name, as the guest claims. */
  readonly comm: string;
}

/** Another writer has taken the ring over. */
export interface TakeoverContent {
  /** The kind of this content. */
  readonly kind: "takeover";
  /** "boot", "panic", "killed", "resume", or "unknown". */
  readonly reason: string;
}

/** A record without a description, or one that contradicts it. */
export interface OpaqueContent {
  /** The kind of this content. */
  readonly kind: "opaque";
  /** A copy of its payload. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * What a record says, by its `kind`. Everything in it may be chosen by a
 * hostile guest: text may hold control characters for a terminal.
 */
export type RecordContent =
  | MessageContent
  | KlogContent
  | EventContent
  | ClockContent
  | TaskContent
  | TakeoverContent
  | OpaqueContent;

// A byte order mark is a part of the text as any other character is.
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

function textAt(
  { bytes }: Pick<RecordView, "bytes">,
  offset: number,
  count: number,
): string {
  return DECODER.decode(bytes.subarray(offset, offset + count));
}

/**
 * Decodes a record.
 *
 * @param events The kernel events of the record's region. A kernel event that
 * fits none of their formats is counted in `opaque` of the region's totals.
 */
export function contentOf(
  record: RecordView,
  events: EventTable,
): RecordContent {
  const { id, payloadOffset, payloadBytes } = record;
  if (id === ABI.ID_MESSAGE) {
    const text = textAt(record, payloadOffset, payloadBytes);
    return { kind: "message", text };
  }
  if (id === ABI.ID_TAKEOVER) {
    return { kind: "takeover", reason: takeoverReason(record) };
  }
  if (id === ABI.ID_KLOG) return klogContent(record) ?? opaque(record);
  if (id === ABI.ID_CLOCK) return clockContent(record) ?? opaque(record);
  if (id === ABI.ID_TASK) return taskContent(record) ?? opaque(record);
  const format = id <= ABI.ID_KERNEL_MAX ? events.describe(record) : null;
  if (format === null) return opaque(record);
  return eventContent(format, record, events);
}

function opaque({ bytes, payloadOffset, payloadBytes }: RecordView) {
  const copy = bytes.slice(payloadOffset, payloadOffset + payloadBytes);
  return { kind: "opaque", bytes: copy } as const;
}

function klogContent(record: RecordView): KlogContent | null {
  const klog = readKlog(record);
  if (klog === null) return null;
  const { textOffset, textBytes, ...rest } = klog;
  const text = textAt(record, textOffset, textBytes);
  return { kind: "klog", text, ...rest };
}

function clockContent(record: RecordView): ClockContent | null {
  const clock = readClock(record);
  if (clock === null) return null;
  const { clockValue, utcNs, reason } = clock;
  const isStep = reason === ABI.ANNOUNCE_STEP;
  return { kind: "clock", clockValue, utcNs, isStep };
}

function taskContent(record: RecordView): TaskContent | null {
  const task = readTask(record);
  return task === null ? null : { kind: "task", ...task };
}

function eventContent(
  format: EventFormat,
  record: RecordView,
  events: EventTable,
): EventContent {
  const fields = new FieldValues();
  visitFields(format, record, fields);
  const { system, name, stack } = format;
  const frames = stack === null ? null : framesOf(stack, record);
  const symbols = frames === null ? null : events.symbols(record.epoch);
  let text = frames === null ? "" : stackText(frames, symbols);
  if (frames === null) {
    printEvent(format, record, {
      text: (ascii) => text += ascii,
      bytes: (bytes, offset, count) => text += textAt({ bytes }, offset, count),
    });
  }
  const comm = events.tasks.nameOf(record);
  return {
    ...{ kind: "event", text, system, name, task: taskOf(record), comm },
    context: contextFlags(record),
    fields: fields.values,
    stack: frames?.map((each) => frameText(each, symbols, true)) ?? null,
  };
}

/** Collects the values of fields. */
class FieldValues implements FieldVisitor {
  readonly values = new Map<string, FieldValue>();

  integer({ name }: EventField, value: number | bigint): void {
    this.values.set(name, value);
  }

  text(
    { name }: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void {
    this.values.set(name, textAt({ bytes }, offset, count));
  }

  array(
    { name, elementBytes, signed }: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void {
    const numbers = Array.from(
      { length: count },
      (_, i) =>
        integerAt(bytes, offset + i * elementBytes, elementBytes, signed),
    );
    this.values.set(name, numbers);
  }

  opaque(
    { name }: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void {
    this.values.set(name, bytes.slice(offset, offset + count));
  }
}
