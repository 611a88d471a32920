// SPDX-License-Identifier: MIT
/**
 * One record, read as what it says it is.
 *
 * @module
 */
import { readClock } from "../../ring/clock_record.ts";
import { contextFlags } from "../../ring/events/event_context.ts";
import type { EventFormat } from "../../ring/events/event_format.ts";
import { printEvent } from "../../ring/events/event_print.ts";
import type { EventTable } from "../../ring/events/event_table.ts";
import {
  type FieldVisitor,
  visitFields,
} from "../../ring/events/event_values.ts";
import { readKlog } from "../../ring/klog.ts";
import { ABI } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { readTask } from "../../ring/task_record.ts";

/** Of what is printed of one record. */
const PRINTED_MAX = 65536;

/**
 * Reads a record in all ways there are.
 *
 * @returns What it was, for the tally.
 * @throws {Error} saying which promise was broken.
 */
export function checkMessage(events: EventTable, record: RecordView): string {
  const { id } = record;
  if (id === ABI.ID_KLOG) return checkKlog(record);
  if (id === ABI.ID_CLOCK) {
    return readClock(record) === null ? "odd clock" : "clock";
  }
  if (id === ABI.ID_TASK) return checkTask(record);
  if (id > ABI.ID_KERNEL_MAX) return "other";
  const format = events.describe(record);
  if (format === null) return "event without format";
  checkFields(format, record);
  checkPrinted(format, record);
  return "event";
}

function checkKlog(record: RecordView): string {
  const message = readKlog(record);
  if (message === null) return "odd klog";
  const { seq, timeUs, skipped, level, textOffset, textBytes } = message;
  for (const value of [seq, timeUs ?? 0, skipped, level, textBytes]) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new Error(`a kernel message says ${value}`);
    }
  }
  checkInside(record, textOffset, textBytes);
  return "klog";
}

function checkTask(record: RecordView): string {
  const task = readTask(record);
  if (task === null) return "odd task";
  if (task.pid < 1 || task.comm.length >= ABI.COMM_BYTES) {
    throw new Error(`task ${task.pid} is called ${task.comm}`);
  }
  return "task";
}

/** All that is handed out lies in the payload. */
function checkInside(record: RecordView, offset: number, count: number): void {
  const { payloadOffset, payloadBytes } = record;
  const end = payloadOffset + payloadBytes;
  if (count < 0 || offset < payloadOffset || offset + count > end) {
    throw new Error(`${offset}+${count} lies outside the payload`);
  }
}

function checkFields(format: EventFormat, record: RecordView): void {
  let fields = 0;
  const visitor: FieldVisitor = {
    integer: (_field, value) => {
      fields++;
      if (typeof value === "number" && !Number.isSafeInteger(value)) {
        throw new Error(`a number is ${value}`);
      }
    },
    text: (_field, _bytes, offset, count) => {
      fields++;
      checkInside(record, offset, count);
    },
    array: ({ elementBytes }, _bytes, offset, count) => {
      fields++;
      checkInside(record, offset, count * elementBytes);
    },
    opaque: (_field, _bytes, offset, count) => {
      fields++;
      checkInside(record, offset, count);
    },
  };
  visitFields(format, record, visitor);
  if (
    fields !== format.fields.length || !/^[.\w]{5}$/.test(contextFlags(record))
  ) {
    throw new Error(`${fields} of ${format.fields.length} fields`);
  }
}

function checkPrinted(format: EventFormat, record: RecordView): void {
  let printed = 0;
  printEvent(format, record, {
    text: (ascii) => {
      printed += ascii.length;
      if (!/^[ -~]*$/.test(ascii)) throw new Error(`prints ${ascii}`);
    },
    bytes: (_bytes, offset, count) => {
      printed += count;
      checkInside(record, offset, count);
    },
  });
  if (printed > PRINTED_MAX) throw new Error(`prints ${printed} bytes`);
}
