// SPDX-License-Identifier: MIT
/**
 * Finds out of a report's text what log shippers search for: who was running,
 * on which CPU, and where.
 *
 * @module
 */
import { readKlog } from "../../ring/klog.ts";
import type { JoinedReport } from "./joined_report.ts";
import {
  FRAME,
  PANIC,
  STACK_TAG,
  TRACE_HEAD,
  UNWINDER,
} from "./report_grammar.ts";
import { splitCaller } from "./report_line.ts";

/** How much of a line is looked at, and how long texts may be. */
const LOOK_CHARS = 256;
/** How many functions of a call trace are listed. */
const TRACE_MAX = 128;

/** A task, as the kernel named it. */
export interface ReportTask {
  readonly comm: string;
  readonly pid: number;
}

/** What a report says. All texts are the guest's, and without its caller id. */
export interface ReportFacts {
  /** The kind: `ReportKind.name`. */
  readonly kind: string;
  readonly headline: string;
  /** Which task it is about, or was running; null if the report does not say. */
  readonly task: ReportTask | null;
  /** Which CPU; null if the report does not say. */
  readonly cpu: number | null;
  /** The function in which it happened; null if the report does not say. */
  readonly at: string | null;
  /** The functions of the first call trace, without the doubtful ones. */
  readonly trace: readonly string[];
  /** The text of the panic that it ended with; null if it did not. */
  readonly panic: string | null;
  /** The level of each line of the text. */
  readonly levels: readonly number[];
}

const RUNNING =
  /^CPU: (\d{1,6}) (?:UID: \d+ )?PID: (\d{1,10}) Comm: (.{0,20}?)(?: Kdump: loaded)?(?: Not tainted| Tainted: |$)/;
/** The same without what follows the name, for a kernel that says it otherwise. */
const RUNNING_SHORT =
  /^CPU: (\d{1,6}) (?:UID: \d+ )?PID: (\d{1,10}) Comm: (\S{1,20})/;
/** How headlines name a task. */
const TASKS: readonly RegExp[] = [
  /\[(.{1,20}):(\d{1,10})\]$/, // soft lockup
  /^INFO: task (.{1,20}):(\d{1,10}) /, // hung task
  /, CPU#\d+: (.{1,20})\/(\d{1,10})$/, // warning since Linux 6.19
  /^BUG: scheduling while atomic: (.{1,20})\/(\d{1,10})\//,
];
/** How headlines name a CPU. */
const CPU = /\b(?:CPU: |CPU#|on cpu |on CPU)(\d{1,6})\b/;
const SYMBOL = /[\w.$]{1,128}\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[[^\]]{1,128}\])?/;
const AT = /^(?:RIP: [0-9a-f]{4}:|pc : )/;
/** What stands before a function in a trace. */
const FRAME_HEAD = /^\s*(?:\[<[0-9a-f]+>\] )?/;
const DOUBTFUL = /^\s*(?:\[<[0-9a-f]+>\] )?\? /;
/** The build id behind a module's name. */
const BUILD_ID = / [0-9a-f]{16,40}\]$/;
/** What may stand within a trace beside functions: registers of another stack. */
const WITHIN =
  /^(?:[RE][A-Z]{2}|R\d\d|[FCDR][SR]\d?|Code|ORIG_RAX|pc|lr|sp|pstate|[xr]\d{1,2}) ?:/;

/** Reads a report. */
export function reportFacts(record: JoinedReport): ReportFacts {
  const { kind, headline, levels } = record.report;
  const lines = linesOf(record);
  const title = lines.slice(headline).find((line) => line !== "") ?? "";
  const running = findMap(lines, runningIn);
  return {
    kind,
    headline: title,
    task: taskIn(title) ?? running?.task ?? null,
    cpu: numberIn(CPU, title) ?? running?.cpu ?? null,
    at: findMap(lines, (line) => AT.test(line) ? symbolIn(line) : null) ??
      symbolIn(title),
    trace: traceIn(lines),
    panic: findMap(
      lines,
      (line) => PANIC.test(line) ? line.replace(PANIC, "") : null,
    ),
    levels: [...levels],
  };
}

/** Returns the beginnings of all lines, without the ids of callers. */
function linesOf(record: JoinedReport): string[] {
  const { textOffset, textBytes } = readKlog(record)!;
  const { bytes } = record;
  const text = new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(bytes.subarray(textOffset, textOffset + textBytes));
  return text.split("\n").map((line) =>
    splitCaller(line).text.slice(0, LOOK_CHARS)
  );
}

function findMap<T>(
  lines: readonly string[],
  find: (line: string) => T | null,
): T | null {
  for (const line of lines) {
    const found = find(line);
    if (found !== null) return found;
  }
  return null;
}

function runningIn(line: string): { cpu: number; task: ReportTask } | null {
  const found = RUNNING.exec(line) ?? RUNNING_SHORT.exec(line);
  if (found === null) return null;
  const [, cpu, pid, comm] = found;
  return { cpu: Number(cpu), task: { comm, pid: Number(pid) } };
}

function taskIn(headline: string): ReportTask | null {
  const found = TASKS.map((each) => each.exec(headline)).find((each) => each);
  return found ? { comm: found[1], pid: Number(found[2]) } : null;
}

function numberIn(pattern: RegExp, text: string): number | null {
  const found = pattern.exec(text);
  return found && Number(found[1]);
}

function symbolIn(text: string): string | null {
  return SYMBOL.exec(text)?.[0].replace(BUILD_ID, "]") ?? null;
}

/**
 * Returns the functions of the first call trace; where none has a heading,
 * those of the first stack.
 */
function traceIn(lines: readonly string[]): string[] {
  const head = lines.findIndex((line) => TRACE_HEAD.test(line));
  const trace: string[] = [];
  let within = head >= 0;
  for (const line of lines.slice(head + 1)) {
    if (FRAME.test(line)) {
      within = true;
      if (DOUBTFUL.test(line)) continue;
      const symbol = symbolIn(line.replace(FRAME_HEAD, ""));
      if (symbol !== null && trace.length < TRACE_MAX) trace.push(symbol);
    } else if (within && !isWithin(line)) break;
  }
  return trace;
}

function isWithin(line: string): boolean {
  return STACK_TAG.test(line) || WITHIN.test(line) || UNWINDER.test(line) ||
    /^\s+(?:\? )?0x[0-9a-f]+$/.test(line);
}
