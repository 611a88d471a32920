// SPDX-License-Identifier: MIT
/**
 * Prints kernel events as `trace_pipe` does if their `print fmt` can be parsed,
 * and each field by name if not.
 *
 * Addresses are printed as they are, because the guest's kernel prints hashes
 * of them, or the names of functions, which only it knows.
 *
 * @module
 */
import { hexOf } from "../hex.ts";
import type { EventField } from "./event_field.ts";
import type { EventFormat } from "./event_format.ts";
import { type FieldVisitor, visitField } from "./event_values.ts";
import {
  integerAt,
  locate,
  type Payload,
  type Span,
  textBytes,
} from "./payload.ts";
import type { Expression } from "./print_expression.ts";
import type { Conversion } from "./print_format.ts";
import { flagsText, numberText, padded, symbolText } from "./print_text.ts";
import { valueOf } from "./print_value.ts";

/** Takes what is printed, piece by piece. */
export interface PrintSink {
  /** Takes printable ASCII. */
  text(ascii: string): void;
  /** Takes bytes that the guest chose, which may have any values. */
  bytes(from: Uint8Array<ArrayBuffer>, offset: number, count: number): void;
}

/**
 * The most bytes to print of one record, because a format may name the same
 * text many times. The lines of the kernel's `trace_pipe` are not longer,
 * because it makes each in 8 KiB.
 */
const PRINTED_BYTES_MAX = 8192;
/** What follows a text that is cut, which the kernel prints, too. */
const CUT = "[LINE TOO BIG]";
const NEWLINE = 0x0a;
const found: Span = { offset: 0, bytes: 0 };

/**
 * Prints what `trace_pipe` has after "event_name: " for a record: at most 8 KiB
 * of it, and a mark if it is cut.
 *
 * @param payload One that fits the format, see `EventTable.describe`.
 */
export function printEvent(
  format: EventFormat,
  payload: Payload,
  sink: PrintSink,
): void {
  const { print, fields } = format;
  const printer = new Printer(payload, sink);
  if (print === null) {
    for (let i = 0; i < fields.length; i++) {
      printer.say(i === 0 ? fields[0].name : ` ${fields[i].name}`);
      printer.say("=");
      visitField(fields[i], payload, printer);
    }
    return;
  }
  for (let i = 0; i < print.length; i++) {
    const piece = print[i];
    if (printer.isCut) return;
    if (typeof piece === "string") printer.say(piece);
    else if (piece.conversion.letter !== "s") {
      printer.number(piece.value, piece.conversion);
    } else {
      printer.isLast = i === print.length - 1;
      printer.string(piece.value, piece.conversion);
    }
  }
}

/**
 * Prints one record. The visitor's methods serve for fields that are printed by
 * name.
 */
class Printer implements FieldVisitor {
  readonly #payload: Payload;
  readonly #sink: PrintSink;
  /** How many bytes may still come; negative once the text is cut. */
  #left = PRINTED_BYTES_MAX;
  /** Whether nothing follows the argument that is being printed. */
  isLast = false;

  constructor(payload: Payload, sink: PrintSink) {
    this.#payload = payload;
    this.#sink = sink;
  }

  /** Whether the text is cut, so that nothing more is printed. */
  get isCut(): boolean {
    return this.#left < 0;
  }

  say(ascii: string): void {
    if (ascii === "" || this.isCut) return;
    const fits = ascii.length <= this.#left;
    this.#sink.text(fits ? ascii : ascii.slice(0, this.#left));
    this.#left -= ascii.length;
    if (this.isCut) this.#sink.text(CUT);
  }

  #copy(bytes: Uint8Array<ArrayBuffer>, offset: number, count: number): void {
    if (this.isCut) return;
    const most = Math.min(count, this.#left);
    if (most > 0) this.#sink.bytes(bytes, offset, most);
    this.#left -= count;
    if (this.isCut) this.#sink.text(CUT);
  }

  number(value: Expression, conversion: Conversion): void {
    const payload = this.#payload;
    if (value.op !== "field") {
      this.say(numberText(valueOf(value, payload), conversion));
      return;
    }
    // Most arguments are fields, and most of their numbers need no bigint.
    const { offset, elementBytes, signed } = value.field;
    const at = payload.payloadOffset + offset;
    const plain = integerAt(payload.bytes, at, elementBytes, signed);
    this.say(numberText(plain, conversion));
  }

  string(value: Expression, conversion: Conversion): void {
    const payload = this.#payload;
    switch (value.op) {
      case "choice": {
        const holds = valueOf(value.condition, payload) !== 0n;
        this.string(holds ? value.then : value.other, conversion);
        return;
      }
      case "string":
        this.say(padded(value.text, conversion));
        return;
      case "flags": {
        const { of, delimiter, names } = value;
        const text = flagsText(valueOf(of, payload), delimiter, names);
        this.say(padded(text, conversion));
        return;
      }
      case "symbol": {
        const text = symbolText(valueOf(value.of, payload), value.names);
        this.say(padded(text, conversion));
        return;
      }
      case "field":
        this.#bytesOf(value.field, conversion);
    }
  }

  #bytesOf(field: EventField, conversion: Conversion): void {
    const { width, precision, flags } = conversion;
    const { bytes } = this.#payload;
    locate(field, this.#payload, found);
    const { offset } = found;
    const most = precision < 0 ? found.bytes : Math.min(precision, found.bytes);
    let count = textBytes(bytes, offset, most);
    // Markers end with a newline of their own, but the caller ends the line.
    if (this.isLast && count > 0 && bytes[offset + count - 1] === NEWLINE) {
      count--;
    }
    const blanks = count < width ? " ".repeat(width - count) : "";
    const left = flags.includes("-");
    if (!left) this.say(blanks);
    this.#copy(bytes, offset, count);
    if (left) this.say(blanks);
  }

  integer(field: EventField, value: number | bigint): void {
    this.say(field.pointer ? `0x${value.toString(16)}` : value.toString());
  }

  text(
    _field: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void {
    this.#copy(bytes, offset, count);
  }

  array(
    { elementBytes, signed }: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void {
    this.say("{");
    for (let i = 0; i < count && !this.isCut; i++) {
      const at = offset + i * elementBytes;
      const value = integerAt(bytes, at, elementBytes, signed).toString();
      this.say(i === 0 ? value : `,${value}`);
    }
    this.say("}");
  }

  opaque(
    _field: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void {
    const most = Math.min(count, Math.max(0, this.#left + 1));
    this.say(hexOf(bytes.subarray(offset, offset + most)));
  }
}
