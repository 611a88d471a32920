// SPDX-License-Identifier: MIT
/**
 * Joins the lines of an oops, a warning or a panic into one record: a kernel
 * message whose text has many lines, with the most severe level among them.
 *
 * The beginning and the end of a report are recognised by texts that the kernel
 * prints. If the text that ends a report is missing, the report ends before the
 * first line that came much later or begins another report, and in any case at
 * the bounds.
 *
 * @module
 */
import { type KlogMessage, readKlog } from "../../ring/klog.ts";
import { ABI, KLOG } from "../../ring/layout.ts";
import type { RecordSink, RecordView } from "../../ring/record_view.ts";

/** Bounds of one report. */
const LINES_MAX = 512;
const BYTES_MAX = 48 * 1024;
const HELD_MS = 2000;
/** The longest pause between two lines of one report, in guest time. */
const PAUSE_US = 1_000_000;

/** A syslog priority is facility * 8 + level. */
const LEVEL_MASK = 7;

const CUT_HERE = /^-+\[ cut here \]-+$/;
const PANIC = /^Kernel panic - not syncing: /;
/**
 * How reports begin. Source: Linux, kernel/panic.c, lib/bug.c, mm/kasan/,
 * kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h,
 * arch/x86/kernel/dumpstack.c, arch/x86/mm/fault.c, arch/arm64/mm/fault.c.
 */
const BEGINNINGS: readonly RegExp[] = [
  CUT_HERE,
  PANIC,
  /^(watchdog: )?BUG: /,
  /^kernel BUG at /,
  /^Oops\b/,
  /^WARNING: /,
  /^Unable to handle kernel /,
  /^Internal error: /,
  /^general protection fault\b/,
  /^INFO: (rcu\w*|task \S+) .*(stall|blocked for more)/,
  /^rcu: INFO: rcu\w* /,
];
/** Ends a trace; some lines of registers still follow. */
const END_TRACE = /^---\[ end trace /;
const END_PANIC = /^---\[ end Kernel panic/;
const REGISTERS =
  /^(RIP|RSP|RAX|RBX|RDX|RBP|R\d\d|FS|CS|CR2|DR\d|PKRU|Code|pc|lr|sp|x\d+) ?:/;

/** Joins the reports of one region; everything else passes at once. */
export class OopsJoiner {
  readonly #sink: RecordSink;
  readonly #now: () => number;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #report: Report | null = null;

  /**
   * @param sink Where records go.
   * @param now Returns a time in ms that only grows; `performance.now()` if not
   * given.
   */
  constructor(sink: RecordSink, now: () => number = () => performance.now()) {
    this.#sink = sink;
    this.#now = now;
  }

  /** Whether lines are held back. Meanwhile no cursor may be saved. */
  get held(): boolean {
    return this.#report !== null;
  }

  /** Takes a record. */
  readonly record: RecordSink = (record) => {
    if (record.id !== ABI.ID_KLOG) {
      this.#sink(record);
      return;
    }
    const klog = readKlog(record);
    if (klog === null || record.truncated) {
      this.release(true);
      this.#sink(record);
      return;
    }
    const { bytes } = record;
    const { textOffset, textBytes } = klog;
    const text = this.#decoder.decode(
      bytes.subarray(textOffset, textOffset + Math.min(textBytes, 128)),
    );
    const report = this.#report;
    if (report !== null) {
      if (report.continues(record, klog, text)) {
        report.add(record, klog);
        if (END_PANIC.test(text)) this.release(true);
        else if (END_TRACE.test(text)) report.ending = true;
        return;
      }
      this.release(true);
    }
    if (BEGINNINGS.some((each) => each.test(text))) {
      this.#report = new Report(record, klog, this.#now());
    } else {
      this.#sink(record);
    }
  };

  /**
   * Delivers a report that was held back for long enough.
   *
   * @param all Whether to deliver it even if it was not.
   */
  release(all: boolean): void {
    const report = this.#report;
    if (report === null) return;
    if (!all && this.#now() - report.sinceMs < HELD_MS) return;
    this.#report = null;
    this.#sink(report.view());
  }
}

/** A report that is not delivered yet. */
class Report {
  /** Whether only registers may follow. */
  ending = false;
  readonly #view: RecordView;
  readonly #head: Uint8Array;
  readonly #lines: Uint8Array[] = [];
  #bytes = 0;
  #records = 0;
  #level: number;
  #lastUs: number | null = null;

  constructor(
    record: RecordView,
    klog: KlogMessage,
    readonly sinceMs: number,
  ) {
    const { bytes, payloadOffset } = record;
    this.#view = { ...record };
    this.#head = bytes.slice(payloadOffset, payloadOffset + KLOG.size);
    this.#level = klog.level;
    this.add(record, klog);
  }

  /** Tells whether a line belongs to this report. */
  continues(
    { epoch }: RecordView,
    { textBytes, timeUs }: KlogMessage,
    text: string,
  ): boolean {
    const late = timeUs !== null && this.#lastUs !== null &&
      timeUs - this.#lastUs > PAUSE_US;
    if (
      late || epoch !== this.#view.epoch || this.#lines.length >= LINES_MAX ||
      this.#bytes + textBytes + 1 > BYTES_MAX
    ) return false;
    if (this.ending) return REGISTERS.test(text);
    if (PANIC.test(text)) return false;
    return !CUT_HERE.test(text);
  }

  /** Adds a line. */
  add({ bytes, records, seq }: RecordView, klog: KlogMessage): void {
    const { textOffset, textBytes, level, timeUs } = klog;
    this.#lines.push(bytes.slice(textOffset, textOffset + textBytes));
    this.#bytes += textBytes + 1;
    this.#records += records;
    this.#view.seq = seq;
    this.#lastUs = timeUs;
    this.#level = Math.min(this.#level, level);
  }

  /** Returns the report as one record. */
  view(): RecordView {
    const total = this.#bytes - 1;
    const bytes = new Uint8Array(KLOG.size + total);
    bytes.set(this.#head);
    const head = new DataView(bytes.buffer);
    const facility = head.getUint16(KLOG.priority, true) & ~LEVEL_MASK;
    head.setUint16(KLOG.priority, facility | this.#level, true);
    head.setUint16(KLOG.textBytes, total, true);
    let at = KLOG.size;
    for (const line of this.#lines) {
      if (at > KLOG.size) bytes[at++] = 0x0a;
      bytes.set(line, at);
      at += line.length;
    }
    return {
      ...this.#view,
      bytes,
      payloadOffset: 0,
      payloadBytes: bytes.length,
      records: this.#records,
    };
  }
}
