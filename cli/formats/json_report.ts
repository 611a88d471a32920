// SPDX-License-Identifier: MIT
/**
 * Appends what a report says to a line of JSON.
 *
 * @module
 */
import type { RecordView } from "../../ring/record_view.ts";
import { isReport } from "../reports/joined_report.ts";
import { reportFacts } from "../reports/report_facts.ts";
import { jsonText } from "./json_string.ts";
import type { OutputBuffer } from "./output_buffer.ts";

/** Appends the member `report`, if a record is a report. */
export function appendReport(view: RecordView, into: OutputBuffer): void {
  if (!isReport(view)) return;
  const { kind, headline, task, cpu, at, trace, panic, levels } = reportFacts(
    view,
  );
  const orNull = (text: string | null) => text === null ? null : jsonText(text);
  const running = task === null
    ? null
    : `{"comm":${jsonText(task.comm)},"pid":${task.pid}}`;
  into.appendText(
    `,"report":{"kind":"${kind}","headline":${jsonText(headline)},` +
      `"task":${running},"cpu":${cpu},"at":${orNull(at)},` +
      `"trace":[${trace.map(jsonText).join()}],"panic":${orNull(panic)},` +
      `"levels":[${levels.join()}]}`,
  );
}
