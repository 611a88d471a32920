// SPDX-License-Identifier: MIT
/**
 * What the joining of reports looks at in one line of the kernel log.
 *
 * @module
 */
import type { KlogMessage } from "../../ring/klog.ts";
import type { RecordView } from "../../ring/record_view.ts";

/**
 * How much of a line is looked at. Whatever tells one line of a report from
 * another stands at its beginning, and so no guest can make a line expensive.
 */
const LOOK_BYTES = 256;

/**
 * The id of the caller, which kernels with CONFIG_PRINTK_CALLER put in front of
 * each line: `[   T77]` for a task, `[    C3]` for a CPU in an interrupt. Where
 * a console's text was recorded, the time stands before it.
 * Source: Linux, kernel/printk/printk.c, print_caller().
 */
const CALLER = /^(?:\[ {0,7}\d{1,11}\.\d{6}\] ?)?\[ {0,5}([TC]\d{1,10})\] ?/;
/** A record may begin with a newline, as many lines of lockdep do. */
const BLANK_LINES = /^\n+/;

/** One line of the kernel log, as far as it is looked at. */
export interface ReportLine {
  /** The id of its caller, such as `T77`; null if the kernel does not say it. */
  readonly caller: string | null;
  /** The beginning of its first line that is not empty, without the caller. */
  readonly text: string;
  /** Syslog facility; anything but 0 was written by a program in the guest. */
  readonly facility: number;
  /** Syslog level: 0 (emergency) to 7 (debug). */
  readonly level: number;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads the line of a record. */
export function reportLine(
  { bytes }: Pick<RecordView, "bytes">,
  { textOffset, textBytes, facility, level }: KlogMessage,
): ReportLine {
  const end = textOffset + Math.min(textBytes, LOOK_BYTES);
  const { caller, text } = splitCaller(
    decoder.decode(bytes.subarray(textOffset, end)),
  );
  const [first] = text.replace(BLANK_LINES, "").split("\n", 1);
  return { caller, text: first, facility, level };
}

/** Splits a line into the id of its caller, if it has one, and the rest. */
export function splitCaller(
  line: string,
): Pick<ReportLine, "caller" | "text"> {
  const found = CALLER.exec(line);
  if (found === null) return { caller: null, text: line };
  return { caller: found[1], text: line.slice(found[0].length) };
}
