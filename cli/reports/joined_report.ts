// SPDX-License-Identifier: MIT
/**
 * A report as one record.
 *
 * @module
 */
import { readKlog } from "../../ring/klog.ts";
import { KLOG } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";

/** A syslog priority is facility * 8 + level. */
const LEVEL_MASK = 7;
const NEWLINE = 0x0a;

/** What is known of a report beside its text. */
export interface ReportNote {
  /** Its kind: `ReportKind.name`. */
  readonly kind: string;
  /** Which line of the text is the headline; the first is 0. */
  readonly headline: number;
  /** The level of each line of the text. */
  readonly levels: Uint8Array;
}

/**
 * The record of a report: a kernel message whose text has many lines. It has
 * the time of the first line, and the most severe of all levels.
 */
export interface JoinedReport extends RecordView {
  readonly report: ReportNote;
}

/** Tells whether a record is a report. */
export function isReport(record: RecordView): record is JoinedReport {
  return "report" in record;
}

/**
 * Joins the lines of a report.
 *
 * @param records The lines, each a kernel message that is not truncated; at
 * least one. Together they have less than 64 KiB of text.
 * @param headline Which of them has the headline.
 */
export function joinReport(
  records: readonly RecordView[],
  kind: string,
  headline: number,
): JoinedReport {
  const klogs = records.map((record) => readKlog(record)!);
  const total = klogs.reduce((sum, { textBytes }) => sum + textBytes + 1, -1);
  const [first] = records;
  const bytes = new Uint8Array(KLOG.size + total);
  bytes.set(first.bytes.subarray(first.payloadOffset, klogs[0].textOffset));
  const levels: number[] = [];
  let headlineAt = 0;
  let at = KLOG.size;
  for (const [i, { textOffset, textBytes, level }] of klogs.entries()) {
    const text = records[i].bytes.subarray(textOffset, textOffset + textBytes);
    if (i > 0) bytes[at++] = NEWLINE;
    bytes.set(text, at);
    at += textBytes;
    if (i === headline) headlineAt = levels.length;
    for (let lines = newlinesOf(text); lines >= 0; lines--) levels.push(level);
  }
  const head = new DataView(bytes.buffer);
  const priority = klogs[0].facility * (LEVEL_MASK + 1) + Math.min(...levels);
  head.setUint16(KLOG.priority, priority, true);
  head.setUint16(KLOG.textBytes, total, true);
  return {
    ...first,
    bytes,
    payloadOffset: 0,
    payloadBytes: bytes.length,
    records: records.reduce((sum, each) => sum + each.records, 0),
    seq: records.at(-1)!.seq,
    report: { kind, headline: headlineAt, levels: Uint8Array.from(levels) },
  };
}

function newlinesOf(text: Uint8Array): number {
  let count = 0;
  for (const byte of text) if (byte === NEWLINE) count++;
  return count;
}
