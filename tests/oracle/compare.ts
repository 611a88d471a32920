// SPDX-License-Identifier: MIT
/**
 * Compares what the reader prints with what the kernel's expressions print.
 *
 * @module
 */
import {
  type EventFormat,
  parseEventFormat,
} from "../../ring/events/event_format.ts";
import { printEvent } from "../../ring/events/event_print.ts";
import { payloadOf } from "../support/events.ts";
import { entriesAreMissing, isStatements } from "./c_program.ts";
import {
  ANYTHING,
  IN_THE_ORACLE,
  IN_THE_TEXT,
  MISSING_ENTRIES,
  STACKS,
  STATEMENTS,
} from "./differences.ts";
import { bytesAsText, EVENT, type Judged, type JudgedRecord } from "./judge.ts";

/** The result for one record. */
export interface Verdict {
  readonly record: JudgedRecord;
  /** What the reader printed, one character for each byte. */
  readonly reader: string;
  readonly result: "equal" | "different" | "undefined" | "unrealistic";
  /** The names of intended differences. */
  readonly reasons: readonly string[];
}

/** The result for one format. */
export interface Comparison {
  readonly judged: Judged;
  /** Why the reader refuses the format, or null. */
  readonly refusal: string | null;
  /** Whether the reader prints it as the kernel does. */
  readonly kernelStyle: boolean;
  readonly verdicts: readonly Verdict[];
}

/** Returns what the reader prints, one character for each byte. */
export function readerText(
  format: EventFormat,
  bytes: Uint8Array,
  print: typeof printEvent,
): string {
  let text = "";
  print(format, payloadOf(bytes), {
    text: (ascii) => text += ascii,
    bytes: (from, offset, count) =>
      text += bytesAsText(from.subarray(offset, offset + count)),
  });
  return text;
}

/**
 * Compares a format's records.
 *
 * @param print The reader's printer, or a wrong one.
 */
export function compare(judged: Judged, print = printEvent): Comparison {
  const { file, records } = judged;
  let format: EventFormat;
  try {
    format = parseEventFormat(`system: ${file.system}\n${file.text}`);
  } catch (error) {
    const refusal = (error as Error).message;
    return { judged, refusal, kernelStyle: false, verdicts: [] };
  }
  const kernelStyle = format.print !== null;
  if (format.stack !== null) {
    const verdicts = records.map((record): Verdict => ({
      record,
      reader: "",
      result: "equal",
      reasons: [STACKS.name],
    }));
    return { judged, refusal: null, kernelStyle, verdicts };
  }
  const known: string[] = [];
  if (entriesAreMissing(judged)) known.push(MISSING_ENTRIES.name);
  if (judged.format.args.some(isStatements)) known.push(STATEMENTS.name);
  const verdicts = kernelStyle
    ? records.map((record) =>
      verdictOn(record, readerText(format, record.bytes, print), known)
    )
    : [];
  return { judged, refusal: null, kernelStyle, verdicts };
}

function verdictOn(
  record: JudgedRecord,
  reader: string,
  known: readonly string[],
): Verdict {
  const { events } = record;
  if (events & (EVENT.UNDEFINED | EVENT.DEREFERENCED)) {
    return { record, reader, result: "undefined", reasons: [] };
  }
  const reasons = IN_THE_ORACLE.filter(({ bit }) => events & bit)
    .map(({ name }) => name).concat(known);
  const open = (events & (EVENT.UNKNOWN | EVENT.FOREIGN)) !== 0;
  let text = record.text;
  let shown = reader;
  if (matches(text, shown, open)) {
    return { record, reader, result: "equal", reasons };
  }
  for (const { name, change } of IN_THE_TEXT) {
    text = change(text);
    shown = change(shown);
    reasons.push(name);
    if (matches(text, shown, open)) {
      return { record, reader, result: "equal", reasons };
    }
  }
  const result = events & EVENT.PAST_RECORD ? "unrealistic" : "different";
  return { record, reader, result, reasons: [] };
}

/** @param open Whether a character of value 1 stands for any text. */
function matches(kernel: string, reader: string, open: boolean): boolean {
  if (!open) return kernel === reader;
  const parts = kernel.split(ANYTHING).map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join("[^]*?")}$`).test(reader);
}
