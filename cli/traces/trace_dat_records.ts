// SPDX-License-Identifier: MIT
/**
 * Writes the records of one ring as events of one CPU in a trace.dat.
 *
 * @module
 */
import { readClock } from "../../ring/clock_record.ts";
import { type EventField, isTextField } from "../../ring/events/event_field.ts";
import { locate, type Span } from "../../ring/events/payload.ts";
import { readKlog } from "../../ring/klog.ts";
import { ABI } from "../../ring/layout.ts";
import type { PacketClass } from "../../ring/ctf/packet_classes.ts";
import type { StreamSink } from "../../ring/ctf/packet_reader.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { readTask } from "../../ring/task_record.ts";
import { takeoverReason } from "../../ring/takeover_record.ts";
import { escapeUtf16, replaceUnsafe } from "../console/unsafe_text.ts";
import { binaryTexts } from "./binary_texts.ts";
import { makePlain } from "./safe_record_text.ts";
import { PRINT_TEXT_OFFSET, type TraceDatEvents } from "./trace_dat_events.ts";
import { EVENT_BYTES_MAX, type PageWriter } from "./trace_dat_pages.ts";

/** Bytes of text in one print event, without the NUL. */
const TEXT_BYTES_MAX = EVENT_BYTES_MAX - PRINT_TEXT_OFFSET - 1;
const US_PER_S = 1_000_000;
const US_DIGITS = 6;
const SECONDS_WIDTH = 5;
/** Bytes of the mark that ends a stack: an address of ones. */
const STACK_END_BYTES = 8;
/** Bits in half of a 64-bit time. */
const HALF = 32n;

/** What could not be shown. */
export interface Unshown {
  /** How many records nothing describes. */
  opaque: number;
  /** How many records are too long for a page. */
  tooLong: number;
}

const span: Span = { offset: 0, bytes: 0 };

/**
 * Writes the events of one CPU. Texts are made safe, because tools print them
 * as they are.
 */
export class RecordWriter implements StreamSink {
  readonly #events: TraceDatEvents;
  readonly #pages: PageWriter;
  readonly #unshown: Unshown;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #texts = new Map<PacketClass, readonly EventField[]>();
  #time = 0n;
  /** How many records were lost after the last event. */
  #lost = 0;

  /** @param unshown Counts what could not be shown. */
  constructor(events: TraceDatEvents, pages: PageWriter, unshown: Unshown) {
    this.#events = events;
    this.#pages = pages;
    this.#unshown = unshown;
  }

  /** Implements {@linkcode StreamSink.lost}. */
  lost(count: number): void {
    this.#lost += count;
  }

  /** Implements {@linkcode StreamSink.record}. */
  record(record: RecordView, known: PacketClass | null): void {
    this.#time = BigInt(record.timeHigh) << HALF | BigInt(record.timeLow);
    if (known !== null) this.#event(record, known);
    else if (record.id !== ABI.ID_TASK || readTask(record) === null) {
      const text = this.#textOf(record);
      if (text === null) this.#unshown.opaque++;
      else this.#print(text);
    }
  }

  /** Completes the stream after its last record. */
  end(): void {
    // Tools show loss only in front of an event.
    if (this.#lost > 0) this.#print(`ivring: ${this.#lost} records lost here`);
    this.#pages.flush();
  }

  #event(record: RecordView, known: PacketClass): void {
    const { bytes, payloadOffset: at, payloadBytes } = record;
    if (payloadBytes + STACK_END_BYTES >= EVENT_BYTES_MAX) {
      this.#unshown.tooLong++;
      return;
    }
    for (const field of this.#textsOf(known)) {
      if (!makeSafe(field, record, known.format.fixedBytes)) {
        this.#unshown.opaque++;
        return;
      }
    }
    const id = this.#events.idOf(known);
    bytes[at] = id;
    bytes[at + 1] = id >>> 8;
    const payload = bytes.subarray(at, at + payloadBytes);
    this.#add(known.format.stack === null ? payload : ended(payload));
  }

  #textsOf(known: PacketClass): readonly EventField[] {
    let texts = this.#texts.get(known);
    if (texts === undefined) {
      const binary = binaryTexts(known.format);
      texts = known.format.fields.filter((field) =>
        isTextField(field) && !binary.has(field)
      );
      this.#texts.set(known, texts);
    }
    return texts;
  }

  /**
   * Adds the payload and a NUL, because tools read a dynamic text up to one.
   */
  #add(payload: Uint8Array): void {
    this.#pages.missed(this.#lost);
    this.#lost = 0;
    this.#pages.add(this.#time, payload);
  }

  /** Prints a text, in several events if it is long. */
  #print(text: string): void {
    const bytes = this.#encoder.encode(replaceUnsafe(text, escapeUtf16));
    let at = 0;
    do {
      let end = Math.min(bytes.length, at + TEXT_BYTES_MAX);
      // The text is not split within a character.
      while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end--;
      const payload = new Uint8Array(PRINT_TEXT_OFFSET + end - at);
      new DataView(payload.buffer).setUint16(0, this.#events.printId, true);
      payload.set(bytes.subarray(at, end), PRINT_TEXT_OFFSET);
      this.#add(payload);
      at = end;
    } while (at < bytes.length);
  }

  /** Returns a record as text, or null if it cannot be shown as text. */
  #textOf(record: RecordView): string | null {
    const { bytes, payloadOffset: at, payloadBytes } = record;
    const [before, behind] = [record.headless, record.truncated]
      .map((missing) => missing ? "[...]" : "");
    const text = (offset: number, count: number) =>
      before + this.#decoder.decode(bytes.subarray(offset, offset + count)) +
      behind;
    switch (record.id) {
      case ABI.ID_MESSAGE:
        return text(at, payloadBytes).replace(/\n$/, "");
      case ABI.ID_KLOG: {
        const klog = readKlog(record);
        if (klog === null) return null;
        const { facility, level, timeUs, textOffset, textBytes } = klog;
        const stamp = timeUs === null ? "" : stampText(timeUs);
        return `<${facility * 8 + level}>${stamp}${
          text(textOffset, textBytes)
        }`;
      }
      case ABI.ID_TAKEOVER:
        return `ivring: takeover (${takeoverReason(record)})`;
      case ABI.ID_CLOCK: {
        const clock = readClock(record);
        if (clock === null) return null;
        return `ivring: clock ${clock.clockValue} is UTC ${clock.utcNs} ns`;
      }
      default:
        return null;
    }
  }
}

/**
 * Makes a field's text safe for a tool, and for whoever looks at what it
 * prints.
 *
 * @returns False if a dynamic text lies outside the part for texts. Changing it
 * there could change what says where another text is.
 */
function makeSafe(
  field: EventField,
  record: RecordView,
  fixedBytes: number,
): boolean {
  const { bytes, payloadOffset: at, payloadBytes } = record;
  locate(field, record, span);
  const { offset } = span;
  if (field.kind === "dynamicText") {
    if (span.bytes > 0 && offset < at + fixedBytes) return false;
    if (span.bytes > 0) bytes[offset + span.bytes - 1] = 0;
    else {
      // An empty text would be read up to the next NUL, wherever it lies.
      const from = field.relative ? field.offset + 4 : 0;
      const start = payloadBytes - from;
      bytes[at + field.offset] = start;
      bytes[at + field.offset + 1] = start >>> 8;
    }
  }
  makePlain(bytes, offset, span.bytes);
  return true;
}

/**
 * Returns a stack with the mark that ends it for tools, because they would take
 * the NUL behind it for one more address.
 */
function ended(stack: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(stack.length + STACK_END_BYTES);
  bytes.set(stack);
  bytes.fill(0xff, stack.length);
  return bytes;
}

/** Formats a time the way dmesg does. */
function stampText(timeUs: number): string {
  const seconds = String(Math.floor(timeUs / US_PER_S));
  const micros = String(timeUs % US_PER_S).padStart(US_DIGITS, "0");
  return `[${seconds.padStart(SECONDS_WIDTH)}.${micros}] `;
}
