// SPDX-License-Identifier: MIT
/**
 * The text format: messages as the bytes that the guest wrote, kernel messages
 * as dmesg prints them, kernel events as the kernel's own trace prints them.
 *
 * @module
 */
import { readClock } from "../../ring/clock_record.ts";
import { framesOf } from "../../ring/events/kernel_stack.ts";
import { stackText } from "../../ring/events/stack_text.ts";
import type { RegionInfo } from "../../ring/header.ts";
import { type KlogMessage, readKlog } from "../../ring/klog.ts";
import { ABI } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { readTask } from "../../ring/task_record.ts";
import { type GuestEvent, guestEventText } from "../regions/guest_event.ts";
import { isReport } from "../reports/joined_report.ts";
import { escapeShown, replaceUnsafe } from "../console/unsafe_text.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import { ClockState } from "./region_clocks.ts";
import {
  COLOR_END,
  GUEST_COLOR,
  LEVEL_COLORS,
  NAME_COLOR,
  STAMP_COLOR,
} from "./color.ts";
import { appendHex } from "./append_number.ts";
import { appendEventHead } from "./trace_pipe_head.ts";
import { EventText } from "./event_text.ts";
import type {
  EventLookup,
  FormatOptions,
  Formatter,
  MessagesFormat,
  OutputFormat,
  TimeStyle,
} from "./formatter.ts";
import { appendLines, type LineStyle } from "./text_lines.ts";
import { appendBareMessages } from "./bare_messages.ts";
import { StampedMessages } from "./stamped_messages.ts";
import { appendSeconds, Stamps } from "./stamp.ts";
import { safeLine } from "./terminal.ts";
import { isUnnamed } from "./unnamed_events.ts";

/**
 * The text format: one line or more for each record. A missing line end is
 * added.
 */
export const TEXT_FORMAT: OutputFormat = {
  name: "text",
  summary:
    "messages as the guest wrote them, made safe on a terminal; kernel " +
    "messages as dmesg prints them, kernel events as trace_pipe does",
  distinct: false,
  forPeople: true,
  create: (options): Formatter => new TextFormatter(options),
};

const NEWLINE = 0x0a;
/** How many bytes are shown of a record that is not understood. */
const SHOWN_BYTES = 32;

/** Appends a message as it is. Most records are printed like this. */
function appendBare(view: RecordView, into: OutputBuffer): void {
  const { bytes, payloadOffset: at, payloadBytes: count } = view;
  into.append(bytes, at, count);
  const ended = count > 0 && bytes[at + count - 1] === NEWLINE;
  if (!ended) into.appendByte(NEWLINE);
}

/** Returns the colours of a kernel message's lines: those of their levels. */
function colorsOf(view: RecordView, level: number): LineStyle["color"] {
  if (!isReport(view)) return () => LEVEL_COLORS[level];
  const { levels } = view.report;
  return (line) => LEVEL_COLORS[levels[line]];
}

class TextFormatter implements Formatter {
  readonly messages: MessagesFormat | null;
  readonly #clock = new ClockState();
  readonly #stamps: Stamps;
  readonly #eventText = new EventText();
  readonly #label: Uint8Array;
  readonly #safe: boolean;
  readonly #color: boolean;
  /** Whether messages are printed as they are. */
  readonly #bare: boolean;
  readonly #unstamped: boolean;
  readonly #marks: boolean;
  #events: EventLookup | null = null;

  constructor(options: FormatOptions) {
    const { object, label, safe, color, time } = options;
    this.#stamps = new Stamps(time, this.#clock);
    this.#safe = safe;
    this.#color = color;
    // Whoever makes an object may choose any name.
    const name = label ? `${replaceUnsafe(object, escapeShown)}: ` : "";
    this.#label = new TextEncoder().encode(name);
    this.#unstamped = time === "none";
    this.#marks = options.marks ?? false;
    this.#bare = !label && !safe && (time === "auto" || time === "none");
    this.messages = this.#messages(label, safe, time);
  }

  #messages(
    label: boolean,
    safe: boolean,
    time: TimeStyle,
  ): MessagesFormat | null {
    if (this.#bare) return appendBareMessages;
    if (label || safe || this.#color || time !== "utc") return null;
    const stamped = new StampedMessages(this.#clock.wall);
    return (run, into, sizes, end) => stamped.append(run, into, sizes, end);
  }

  attached(info: RegionInfo, events: EventLookup): void {
    this.#clock.attached(info);
    this.#stamps.attached(info);
    this.#events = events;
  }

  shows(view: RecordView): boolean {
    if (view.id === ABI.ID_CLOCK) return readClock(view) === null;
    if (view.id === ABI.ID_TASK) return readTask(view) === null;
    return view.id !== ABI.ID_TAKEOVER;
  }

  skip(view: RecordView): void {
    if (view.id === ABI.ID_CLOCK) this.#clock.announced(view);
    else this.#events?.pass(view);
  }

  record(view: RecordView, into: OutputBuffer): void {
    if (view.id === ABI.ID_MESSAGE) {
      if (this.#bare) appendBare(view, into);
      else this.#message(view, into);
    } else this.#other(view, into);
  }

  guest(event: GuestEvent, into: OutputBuffer): void {
    if (!this.#marks) return;
    if (this.#label.length > 0) this.#colored(NAME_COLOR, this.#label, into);
    this.#stamps.appendHost(event.utcMs, into);
    const text = `--- ${safeLine(guestEventText(event))} ---`;
    this.#colored(GUEST_COLOR, new TextEncoder().encode(text), into);
    into.appendByte(NEWLINE);
  }

  #other(view: RecordView, into: OutputBuffer): void {
    switch (view.id) {
      case ABI.ID_KLOG:
        return this.#klog(view, readKlog(view), into);
      case ABI.ID_CLOCK:
        if (!this.#clock.announced(view)) this.#opaque(view, into);
        return;
      case ABI.ID_TASK:
        if (readTask(view) === null) this.#opaque(view, into);
        return;
      case ABI.ID_TAKEOVER:
        return;
      default:
        this.#event(view, into);
    }
  }

  #message(view: RecordView, into: OutputBuffer): void {
    const { bytes, payloadOffset: at, payloadBytes: count } = view;
    const start = this.#begin(view, null, into);
    const style = { safe: this.#safe, marked: this.#safe, color: null };
    appendLines(into, start, bytes, at, count, style);
  }

  #klog(
    view: RecordView,
    klog: KlogMessage | null,
    into: OutputBuffer,
  ): void {
    if (klog === null) return this.#opaque(view, into);
    const start = this.#begin(view, klog, into);
    const { textOffset, textBytes, level } = klog;
    // If there is a stamp, each line has one, as on the kernel's console.
    const stamped = !this.#unstamped && klog.timeUs !== null;
    appendLines(into, start, view.bytes, textOffset, textBytes, {
      safe: this.#safe,
      marked: this.#safe && !stamped,
      color: this.#color ? colorsOf(view, level) : null,
    });
  }

  #event(view: RecordView, into: OutputBuffer): void {
    const format = view.id <= ABI.ID_KERNEL_MAX
      ? this.#events?.describe(view) ?? null
      : null;
    if (format === null) return this.#opaque(view, into);
    this.#begin(view, null, into);
    appendEventHead(view, this.#events!.tasks.nameOf(view), into);
    if (this.#stamps.own) {
      appendSeconds(this.#stamps.microseconds(view), into);
      into.appendText(": ");
    }
    const symbols = this.#events?.symbols(view.epoch) ?? null;
    if (format.stack !== null) {
      into.appendText(stackText(framesOf(format.stack, view), symbols));
    } else {
      // In place of the last blank, there is one that the format itself prints.
      if (isUnnamed(format)) into.filled(into.length - 1);
      else this.#name(format.name, into);
      this.#eventText.append(format, view, into, symbols);
    }
    into.appendByte(NEWLINE);
  }

  #opaque(view: RecordView, into: OutputBuffer): void {
    this.#begin(view, null, into);
    const { bytes, payloadOffset, payloadBytes, id } = view;
    this.#name(`event ${id}`, into);
    into.appendText(`opaque, ${payloadBytes} bytes: `);
    const shown = Math.min(payloadBytes, SHOWN_BYTES);
    appendHex(into, bytes, payloadOffset, shown);
    into.appendText(shown < payloadBytes ? "...\n" : "\n");
  }

  /**
   * Appends label and stamp.
   *
   * @returns Where in the buffer they begin.
   */
  #begin(
    view: RecordView,
    klog: KlogMessage | null,
    into: OutputBuffer,
  ): number {
    const start = into.length;
    if (this.#label.length > 0) this.#colored(NAME_COLOR, this.#label, into);
    if (!this.#color) {
      this.#stamps.append(view, klog, into);
      return start;
    }
    into.append(STAMP_COLOR, 0, STAMP_COLOR.length);
    const before = into.length;
    this.#stamps.append(view, klog, into);
    if (into.length > before) into.append(COLOR_END, 0, COLOR_END.length);
    else into.filled(before - STAMP_COLOR.length);
    return start;
  }

  /** Appends an event's name and what stands behind it. */
  #name(name: string, into: OutputBuffer): void {
    if (this.#color) into.append(NAME_COLOR, 0, NAME_COLOR.length);
    into.appendText(name);
    if (this.#color) into.append(COLOR_END, 0, COLOR_END.length);
    into.appendText(": ");
  }

  #colored(color: Uint8Array, text: Uint8Array, into: OutputBuffer): void {
    if (this.#color) into.append(color, 0, color.length);
    into.append(text, 0, text.length);
    if (this.#color) into.append(COLOR_END, 0, COLOR_END.length);
  }
}
