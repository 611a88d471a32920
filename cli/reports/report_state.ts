// SPDX-License-Identifier: MIT
/**
 * Follows one report line by line, and tells which lines belong to it.
 *
 * @module
 */
import {
  announcesTrace,
  CPU_LINE,
  CUT_HERE,
  DIE,
  DMA_TEXT,
  END_MARK,
  END_PANIC,
  FRAME,
  isAftermath,
  isOfReport,
  MAPPED_AT,
  mayBeText,
  NMI_SENT,
  NMI_SKIPPED,
  OTHER_DUMP,
  PAGE_DUMP,
  PANIC,
  PANIC_ON_REPORT,
  RULER,
  STACK_TAG,
  TAINT_NOTE,
  TRACE_HEAD,
  UNWINDER,
} from "./report_grammar.ts";
import {
  beginsReport,
  kindOf,
  PRELUDE,
  type ReportKind,
} from "./report_kinds.ts";
import type { ReportLine } from "./report_line.ts";

/**
 * What a line is to a report:
 * - `in`: a part of it;
 * - `last`: its last line;
 * - `outside`: another's line, which says nothing about the report's end;
 * - `over`: no part of it, and the report ended before.
 */
export type Verdict = "in" | "last" | "outside" | "over";

/**
 * Where in a report the next line would be:
 * - `doubtful`: nothing yet shows that it is a report;
 * - `open`: more lines have to come;
 * - `maybe`: it may have ended, or go on;
 * - `ended`: only a panic because of it may follow, or that it taints.
 */
export type Phase = "doubtful" | "open" | "maybe" | "ended";

/** What a report may begin with. */
type Opening = "cut" | "ruler" | "blank" | "prelude" | "headline";

/** What an RCU stall says that has no call trace. */
const STALL_WITHOUT_TRACE = /\b[Ss]tall ended\b|suppressed full report/;

/** One report, of which the lines so far are known. */
export class ReportState {
  #kind: ReportKind | null;
  #opening: Opening;
  #phase: Phase;
  /** How many lines it has. */
  #lines = 1;
  #headline = 0;
  #panicked = false;
  /** Whether it is an oops: its number since the start was printed. */
  #died = false;
  /** Whether `END_MARK` came, behind which there are only registers. */
  #marked = false;
  /** Whether a call trace has begun, has functions, is within a stack's tag. */
  #traceBegan = false;
  #traced = false;
  #inStack = false;
  #nmiSent = false;
  #dma = false;

  private constructor(opening: Opening, kind: ReportKind | null, text: string) {
    this.#opening = opening;
    this.#kind = kind;
    this.#phase = opening === "cut" ? "open" : "doubtful";
    if (kind !== null && !kind.doubtful) {
      this.#phase = "open";
      this.#panicked = PANIC.test(text);
      this.#died = DIE.test(text);
      this.#follow(text);
    }
  }

  /**
   * Begins a report with a line.
   *
   * @returns Null if the line begins none.
   */
  static begin({ text, facility }: ReportLine): ReportState | null {
    // What programs write to /dev/kmsg has another facility.
    if (facility !== 0) return null;
    if (text === "") return new ReportState("blank", null, text);
    if (CUT_HERE.test(text)) return new ReportState("cut", null, text);
    if (RULER.test(text)) return new ReportState("ruler", null, text);
    if (PRELUDE.test(text)) return new ReportState("prelude", null, text);
    const kind = kindOf(text, null);
    return kind && new ReportState("headline", kind, text);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** What JSON calls its kind. */
  get kind(): string {
    return this.#kind?.name ?? "warning";
  }

  /** Which of its lines is the headline; the first is 0. */
  get headline(): number {
    return this.#headline;
  }

  /** Whether other CPUs were asked for their traces, which belong to it. */
  get awaitsCpus(): boolean {
    return this.#nmiSent;
  }

  /**
   * Takes the next line.
   *
   * @param sure Whether the line is certain to be of the context that prints
   * the report. Without ids of callers, it may be any other CPU's.
   */
  take(line: ReportLine, sure: boolean): Verdict {
    if (line.facility !== 0) return "outside";
    const verdict = this.#verdict(line, sure);
    if (verdict !== "in" && verdict !== "last") return verdict;
    if (DMA_TEXT.test(line.text)) this.#dma = true;
    this.#lines++;
    return verdict;
  }

  #verdict({ text, level }: ReportLine, sure: boolean): Verdict {
    if (this.#phase === "doubtful") return this.#doubtful(text, sure);
    if (END_PANIC.test(text)) return this.#panicked ? "last" : "over";
    if (PANIC.test(text)) return this.#panic(text);
    if (this.#phase === "ended") {
      return TAINT_NOTE.test(text) ? "in" : foreign(text, sure);
    }
    if (this.#marked && !this.#panicked) {
      if (isAftermath(text)) return "in";
      const mapped = this.#dma && (MAPPED_AT.test(text) || FRAME.test(text));
      return mapped ? "in" : foreign(text, sure);
    }
    if (this.#kind === null) {
      const kind = kindOf(text, "cut");
      if (kind !== null && !kind.doubtful && kind.name !== "stack_trace") {
        return this.#begun(kind, text);
      }
    }
    return this.#inside(text) ?? this.#unknown(text, level, sure);
  }

  /** Judges a line where nothing shows yet that this is a report. */
  #doubtful(text: string, sure: boolean): Verdict {
    const kind = this.#kind;
    if (kind !== null) {
      if (!isOfReport(text) && !END_MARK.test(text)) return foreign(text, sure);
      this.#phase = "open";
      return this.#inside(text)!;
    }
    if (this.#opening === "prelude") {
      if (CUT_HERE.test(text)) {
        this.#opening = "cut";
        this.#phase = "open";
        return "in";
      }
      if (text === "" || PAGE_DUMP.test(text)) return "in";
    }
    if (this.#opening === "blank" && RULER.test(text)) {
      this.#opening = "ruler";
      return "in";
    }
    const after = this.#opening === "ruler" ? "ruler" : null;
    const found = RULER.test(text) ? null : kindOf(text, after);
    if (found !== null && found.name !== "stack_trace" && !found.doubtful) {
      return found.name === "panic" ? "over" : this.#begun(found, text);
    }
    return foreign(text, sure);
  }

  /** Takes the headline. */
  #begun(kind: ReportKind, text: string): Verdict {
    this.#kind = kind;
    this.#headline = this.#lines;
    this.#phase = "open";
    this.#died = DIE.test(text);
    this.#follow(text);
    return "in";
  }

  #panic(text: string): Verdict {
    if (this.#panicked || !this.#mayPanic(text)) return "over";
    this.#panicked = true;
    this.#phase = "open";
    if (this.#kind === null) {
      this.#kind = kindOf(text, null);
      this.#headline = this.#lines;
    }
    return "in";
  }

  /** Tells whether the kernel panics because of this report. */
  #mayPanic(text: string): boolean {
    if (this.#phase === "ended") return PANIC_ON_REPORT.test(text);
    if (this.#phase === "open" || this.#marked) return true;
    return this.#kind!.dumps === true || this.#kind!.ends !== "trace";
  }

  /**
   * Judges a line by what it looks like.
   *
   * @returns Null if it looks like nothing in particular.
   */
  #inside(text: string): Verdict | null {
    const kind = this.#kind;
    if (DIE.test(text)) return this.#die();
    if (END_MARK.test(text)) return this.#mark();
    if (UNWINDER.test(text)) return "in";
    if (kind?.body?.test(text)) return this.#part(text);
    if (RULER.test(text) && !this.#panicked) {
      if (kind?.ends !== "ruler") return "over";
      this.#phase = "ended";
      return "in";
    }
    const doubtful = this.#phase === "maybe";
    if (this.#mayBegin(text) && beginsReport(text, doubtful)) {
      // What warns while the kernel panics would not have been printed else.
      return this.#panicked ? "in" : "over";
    }
    if (text === "") return this.#phase === "open" ? "in" : "over";
    return isOfReport(text) ? this.#part(text) : null;
  }

  /**
   * Tells whether a line that can begin a report is not rather a part of this
   * one: most reports have a call trace, and some have several.
   */
  #mayBegin(text: string): boolean {
    if (CPU_LINE.test(text) || TRACE_HEAD.test(text)) {
      return this.#phase === "maybe" && this.#traced;
    }
    if (OTHER_DUMP.test(text)) {
      return this.#phase === "maybe" && !this.#kind?.dumps;
    }
    return !PAGE_DUMP.test(text) || (this.#phase === "maybe" && this.#traced);
  }

  #die(): Verdict {
    if (this.#died) return "over";
    const ends = this.#kind?.ends;
    if (ends === "mark" || ends === "registers" || ends === undefined) {
      this.#died = true;
      return "in";
    }
    return "over";
  }

  #mark(): Verdict {
    if (this.#panicked) return "in";
    this.#marked = true;
    if (this.#died || this.#dma || this.#kind?.ends === "registers") {
      this.#phase = "maybe";
      return "in";
    }
    this.#phase = "ended";
    return this.#kind?.name === "warning" ? "last" : "in";
  }

  #part(text: string): Verdict {
    this.#follow(text);
    return "in";
  }

  /** Takes note of what a line of this report says about its end. */
  #follow(text: string): void {
    if (NMI_SENT.test(text)) this.#nmiSent = true;
    const tag = STACK_TAG.exec(text);
    if (tag !== null) this.#inStack = tag[1] === "";
    if (TRACE_HEAD.test(text)) {
      this.#traceBegan = true;
      this.#traced = this.#inStack = false;
    } else if (NMI_SKIPPED.test(text)) {
      this.#traceBegan = this.#traced = true;
    } else if (this.#traceBegan && (FRAME.test(text) || tag !== null)) {
      this.#traced = true;
    } else if (announcesTrace(text, this.#kind?.dumps ?? false)) {
      this.#traceBegan = this.#traced = this.#inStack = false;
    }
    this.#phase = this.#mayEnd(text) ? "maybe" : "open";
  }

  #mayEnd(text: string): boolean {
    const between = this.#inStack || (this.#traceBegan && !this.#traced);
    if (this.#panicked || this.#kind === null || between) return false;
    switch (this.#kind.ends) {
      case "trace":
        return this.#traced || STALL_WITHOUT_TRACE.test(text);
      case "lines":
        return true;
      case "last":
        return this.#phase === "maybe" || this.#kind.last!.test(text);
      default:
        return false;
    }
  }

  /** Judges a line that looks like nothing in particular. */
  #unknown(text: string, level: number, sure: boolean): Verdict {
    if (this.#phase !== "open") return sure ? "over" : "outside";
    return sure || mayBeText(text, level) ? "in" : "outside";
  }
}

/** Judges a line that is no part of a report which may have ended. */
function foreign(text: string, sure: boolean): Verdict {
  return sure || text === "" || beginsReport(text, true) ? "over" : "outside";
}
