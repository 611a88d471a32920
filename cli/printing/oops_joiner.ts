// SPDX-License-Identifier: MIT
/**
 * Joins the lines of a report, such as an oops, a warning or a panic, into one
 * record (`cli/reports/joined_report.ts`). The grammar in `cli/reports/` decides
 * which lines belong to a report.
 *
 * A guest whose kernel has CONFIG_PRINTK_CALLER says for each line which task or
 * CPU printed it. Then several reports may be open at a time, and nobody else's
 * line gets into one. Without that, one report is open at a time, and a line is
 * another CPU's if it does not look like a report's.
 *
 * Lines that belong to no report pass at once, with one exception: where a
 * report may have ended, a few lines are held back, so that they come behind it
 * if it has.
 *
 * @module
 */
import { type KlogMessage, readKlog } from "../../ring/klog.ts";
import { ABI } from "../../ring/layout.ts";
import type { RecordSink, RecordView } from "../../ring/record_view.ts";
import { joinReport } from "../reports/joined_report.ts";
import { NMI_BACKTRACE } from "../reports/report_grammar.ts";
import { type ReportLine, reportLine } from "../reports/report_line.ts";
import { ReportState } from "../reports/report_state.ts";

/** Bounds of one report. */
const LINES_MAX = 512;
const BYTES_MAX = 48 * 1024;
const HELD_MS = 2000;
/** The longest pause between two lines of one report, in guest time. */
const PAUSE_US = 1_000_000;
/** How many reports may be open at a time. */
const OPEN_MAX = 8;
/** How many lines are held back behind reports that may have ended. */
const BEHIND_MAX = 8;

/** Joins the reports of one region; everything else passes at once. */
export class OopsJoiner {
  readonly #sink: RecordSink;
  readonly #now: () => number;
  /** The reports that are not delivered yet, in the order of their beginnings. */
  readonly #open: Report[] = [];
  /** Lines that come behind the reports which may have ended. */
  #behind: RecordView[] = [];

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
    return this.#open.length > 0;
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
    this.#deliver((report) => report.isBefore(record, klog));
    const line = reportLine(record, klog);
    if (!this.#continues(record, klog, line)) this.#begin(record, klog, line);
  };

  /**
   * Delivers reports that were held back for long enough.
   *
   * @param all Whether to deliver all, even those that were not.
   */
  release(all: boolean): void {
    const since = this.#now() - HELD_MS;
    this.#deliver((report) => all || report.sinceMs <= since);
  }

  /**
   * Gives a line to the report that is open for its caller.
   *
   * @returns Whether the line is dealt with.
   */
  #continues(
    record: RecordView,
    klog: KlogMessage,
    line: ReportLine,
  ): boolean {
    const { caller } = line;
    const report = this.#open.find((each) => each.has(caller)) ??
      this.#ofOtherCpu(line);
    if (report === undefined) return false;
    const verdict = report.hasRoom(klog)
      ? report.state.take(line, caller !== null)
      : "over";
    switch (verdict) {
      case "in":
      case "last":
        // It had not ended, so that nothing comes behind it yet.
        this.#passBehind();
        report.add(record, klog);
        if (verdict === "last") this.#deliver((each) => each === report);
        return true;
      case "outside":
        this.#pass(record);
        return true;
      case "over":
        if (report.caller === caller) {
          this.#deliver((each) => each === report);
        } else report.cpu = null;
        return false;
    }
  }

  /** Finds the report that this line belongs to though another CPU prints it. */
  #ofOtherCpu({ caller, text }: ReportLine): Report | undefined {
    if (caller === null || !NMI_BACKTRACE.test(text)) return undefined;
    const report = this.#open.find(({ state, caller }) =>
      caller !== null && state.awaitsCpus
    );
    if (report !== undefined) report.cpu = caller;
    return report;
  }

  /** Begins a report with a line, or passes the line. */
  #begin(record: RecordView, klog: KlogMessage, line: ReportLine): void {
    const state = ReportState.begin(line);
    if (state === null) return this.#pass(record);
    const [oldest] = this.#open;
    if (this.#open.length >= OPEN_MAX) {
      this.#deliver((each) => each === oldest);
    }
    const report = new Report(state, line.caller, record.epoch, this.#now());
    report.add(record, klog);
    this.#open.push(report);
  }

  /** Passes a line that belongs to no report. */
  #pass(record: RecordView): void {
    if (!this.#open.some(mayHaveEnded)) return this.#sink(record);
    if (this.#behind.length >= BEHIND_MAX) {
      this.#deliver(mayHaveEnded);
      return this.#sink(record);
    }
    this.#behind.push(copyOf(record));
  }

  /** Delivers reports, and what waited behind them. */
  #deliver(which: (report: Report) => boolean): void {
    for (let i = 0; i < this.#open.length;) {
      const report = this.#open[i];
      if (which(report)) {
        this.#open.splice(i, 1);
        report.deliver(this.#sink);
      } else i++;
    }
    if (!this.#open.some(mayHaveEnded)) this.#passBehind();
  }

  #passBehind(): void {
    for (const record of this.#behind.splice(0)) this.#sink(record);
  }
}

function mayHaveEnded({ state: { phase } }: Report): boolean {
  return phase !== "open";
}

/** Copies a record, which is valid during the sink's call only. */
function copyOf(record: RecordView): RecordView {
  const { bytes, payloadOffset, payloadBytes } = record;
  return {
    ...record,
    bytes: bytes.slice(payloadOffset, payloadOffset + payloadBytes),
    payloadOffset: 0,
  };
}

/** A report that is not delivered yet. */
class Report {
  /** The CPU whose trace is being printed for this report, as a caller. */
  cpu: string | null = null;
  readonly #records: RecordView[] = [];
  #bytes = 0;
  #lastUs: number | null = null;

  /**
   * @param caller Who prints it; null if the kernel does not say it.
   * @param sinceMs When it began, by `now`.
   */
  constructor(
    readonly state: ReportState,
    readonly caller: string | null,
    readonly epoch: number,
    readonly sinceMs: number,
  ) {}

  /** Tells whether lines of a caller are given to this report. */
  has(caller: string | null): boolean {
    return caller === this.caller || (caller !== null && caller === this.cpu);
  }

  /** Tells whether it ended before a line, because that came much later. */
  isBefore({ epoch }: RecordView, { timeUs }: KlogMessage): boolean {
    const late = timeUs !== null && this.#lastUs !== null &&
      timeUs - this.#lastUs > PAUSE_US;
    return late || epoch !== this.epoch;
  }

  hasRoom({ textBytes }: KlogMessage): boolean {
    return this.#records.length < LINES_MAX &&
      this.#bytes + textBytes + 1 <= BYTES_MAX;
  }

  /** Adds a line. */
  add(record: RecordView, { textBytes, timeUs }: KlogMessage): void {
    this.#records.push(copyOf(record));
    this.#bytes += textBytes + 1;
    this.#lastUs = timeUs;
  }

  /** Delivers it as one record, or as lines if it turned out to be no report. */
  deliver(sink: RecordSink): void {
    const { phase, kind, headline } = this.state;
    if (phase === "doubtful") this.#records.forEach((each) => sink(each));
    else sink(joinReport(this.#records, kind, headline));
  }
}
