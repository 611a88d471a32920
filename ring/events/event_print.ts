// SPDX-License-Identifier: MIT
/**
 * Prints kernel events as `trace_pipe` does, and each field by name if their
 * `print fmt` cannot be used.
 *
 * Addresses are printed as they are, because the guest's kernel prints hashes
 * of them, or as symbols where those are known.
 *
 * @module
 */
import type { EventField } from "./event_field.ts";
import type { EventFormat } from "./event_format.ts";
import { visitField } from "./event_values.ts";
import type { KernelCall } from "./kernel_call.ts";
import { type Payload, type Span, textBytes } from "./payload.ts";
import {
  type Expression,
  isNumber,
  type NumberExpression,
  type Place,
  type TextExpression,
  type Unknown,
} from "./print_expression.ts";
import {
  type Conversion,
  PLAIN_TEXT,
  type PrintArgument,
  withCounts,
} from "./print_format.ts";
import {
  countsByWidth,
  pointedText,
  symbolExtension,
} from "./print_pointer.ts";
import { Printer, type PrintSink } from "./printer.ts";
import { bytesText } from "./print_bytes.ts";
import { kernelCallText } from "./print_kernel_call.ts";
import { flagsText, numberText, padded, symbolText } from "./print_text.ts";
import { find, findInField, isTrue, numberOf, valueOf } from "./print_value.ts";
import { symbolPlaceText, type Symbols } from "./symbols.ts";

export type { PrintSink };

const NEWLINE = 0x0a;
const found: Span = { offset: 0, bytes: 0 };

/**
 * Prints what `trace_pipe` has after "event_name: " for a record: at most 8 KiB
 * of it, and a mark if it is cut.
 *
 * @param payload One that fits the format, see `EventTable.describe`.
 * @param symbols The symbols of the guest's kernel; null if they are not known.
 */
export function printEvent(
  format: EventFormat,
  payload: Payload,
  sink: PrintSink,
  symbols: Symbols | null = null,
): void {
  const { print, fields } = format;
  const printer = new EventPrinter(payload, sink, symbols);
  if (print === null) {
    for (let i = 0; i < fields.length; i++) {
      printer.say(i === 0 ? "" : " ");
      printer.named(fields[i]);
    }
    return;
  }
  const { pieces } = print;
  for (let i = 0; i < pieces.length && !printer.isCut; i++) {
    const piece = pieces[i];
    if (typeof piece === "string") printer.say(piece);
    else {
      printer.isLast = i === pieces.length - 1;
      printer.argument(piece);
    }
  }
}

/** Prints one argument of a format, as `printEvent` does. */
export function printArgument(
  argument: PrintArgument,
  payload: Payload,
  sink: PrintSink,
  symbols: Symbols | null,
): void {
  new EventPrinter(payload, sink, symbols).argument(argument);
}

/** Prints one record. */
class EventPrinter extends Printer {
  readonly #payload: Payload;
  readonly #symbols: Symbols | null;
  /** Whether nothing follows the argument that is being printed. */
  isLast = false;

  constructor(payload: Payload, sink: PrintSink, symbols: Symbols | null) {
    super(sink);
    this.#payload = payload;
    this.#symbols = symbols;
  }

  argument({ conversion, width, precision, value }: PrintArgument): void {
    if (width === null && precision === null) this.#value(value, conversion);
    else {
      const counts = withCounts(
        conversion,
        this.#count(width),
        this.#count(precision),
      );
      this.#value(value, counts);
    }
  }

  #count(of: NumberExpression | null): number | null {
    if (of === null) return null;
    return Number(BigInt.asIntN(32, valueOf(of, this.#payload)));
  }

  /** Prints a field as "NAME=VALUE". */
  named(field: EventField): void {
    this.say(field.name);
    this.say("=");
    visitField(field, this.#payload, this);
  }

  #value(value: Expression, conversion: Conversion): void {
    if (isNumber(value)) this.#number(value, conversion);
    else if (value.op === "place") this.#place(value, conversion);
    else this.#text(value, conversion);
  }

  #number(value: NumberExpression, conversion: Conversion): void {
    const { letter, extension } = conversion;
    const number = numberOf(value, this.#payload);
    if (letter === "s") this.#kernelText(number, conversion);
    else if (extension === "") this.say(numberText(number, conversion));
    else this.#pointer(number, conversion);
  }

  /** Prints an address of text in the kernel's memory. */
  #kernelText(address: number | bigint, conversion: Conversion): void {
    const whole = BigInt.asUintN(64, BigInt(address));
    const text = whole === 0n ? "(null)" : `0x${whole.toString(16)}`;
    this.say(padded(text, { ...conversion, precision: -1 }));
  }

  /** Prints an address outside of the record. */
  #pointer(value: number | bigint, conversion: Conversion): void {
    const style = symbolExtension(conversion.extension);
    if (style === null) {
      this.say(numberText(value, { ...conversion, extension: "" }));
      return;
    }
    const address = BigInt.asUintN(64, BigInt(value));
    const place = this.#symbols?.find(address) ?? null;
    const text = place === null
      ? `0x${address.toString(16)}`
      : symbolPlaceText(place, style === "place");
    this.say(padded(text, conversion));
  }

  #place(place: Place, conversion: Conversion): void {
    const { letter, extension, width } = conversion;
    if (letter === "s") return this.#bytesAt(place, conversion);
    if (letter !== "p") return this.#fieldOf(place);
    find(place, this.#payload, found);
    const { offset, bytes: count } = found;
    const { bytes } = this.#payload;
    const pointed = { bytes, offset, count };
    const text = pointedText(pointed, extension, width);
    if (text === null) this.say("?");
    else {
      this.say(
        countsByWidth(extension) ? text : padded(text, conversion),
      );
    }
  }

  /** Prints the field that an address belongs to. */
  #fieldOf({ field }: Place): void {
    if (field === null) this.say("?");
    else this.#fields([field]);
  }

  /** Prints text that ends with a NUL, or with its field. */
  #bytesAt(place: Place, conversion: Conversion): void {
    const { width, precision, flags } = conversion;
    const { bytes } = this.#payload;
    findInField(place, this.#payload, found);
    const { offset, bytes: most } = found;
    const shown = precision < 0 ? most : Math.min(precision, most);
    let count = textBytes(bytes, offset, shown);
    // Markers end with a newline of their own, but the caller ends the line.
    if (this.isLast && count > 0 && bytes[offset + count - 1] === NEWLINE) {
      count--;
    }
    const blanks = count < width ? " ".repeat(width - count) : "";
    const left = flags.includes("-");
    if (!left) this.say(blanks);
    this.copy(bytes, offset, count);
    if (left) this.say(blanks);
  }

  #text(value: TextExpression, conversion: Conversion): void {
    const payload = this.#payload;
    switch (value.op) {
      case "either": {
        const holds = isTrue(value.condition, payload);
        this.#value(holds ? value.then : value.other, conversion);
        return;
      }
      case "string":
        return this.say(padded(value.text, conversion));
      case "flags": {
        const { of, delimiter, names } = value;
        const text = flagsText(numberOf(of, payload), delimiter, names);
        return this.say(padded(text, conversion));
      }
      case "symbol": {
        const text = symbolText(numberOf(value.of, payload), value.names);
        return this.say(padded(text, conversion));
      }
      case "named":
        return this.#call(value, conversion);
      case "unknown":
        // The kernel prints no more than a hash of an address.
        return conversion.letter === "p" && conversion.extension === ""
          ? this.say("?")
          : this.#unknown(value);
      default:
        this.say(padded(bytesText(value, payload, this.room), conversion));
    }
  }

  /** Prints what a function prints that only the kernel has, or its call. */
  #call(call: KernelCall, conversion: Conversion): void {
    const text = kernelCallText(call, this.#payload);
    if (text !== null) return this.say(padded(text, conversion));
    this.say(`${call.name}(`);
    let separator = "";
    for (const value of call.arguments) {
      // What is not about the record, such as the kernel's buffer, is left out.
      if (value.op === "unknown" && value.fields.length === 0) continue;
      this.say(separator);
      separator = ", ";
      if (value.op === "place" && value.field !== null) {
        visitField(value.field, this.#payload, this);
      } else this.#value(value, plainConversion(value));
    }
    this.say(")");
  }

  /** Prints the fields of an argument that cannot be computed. */
  #unknown({ fields }: Unknown): void {
    if (fields.length === 0) this.say("?");
    else this.#fields(fields);
  }

  #fields(fields: readonly EventField[]): void {
    this.say("{");
    for (let i = 0; i < fields.length && !this.isCut; i++) {
      if (i > 0) this.say(" ");
      this.named(fields[i]);
    }
    this.say("}");
  }
}

const SIGNED: Conversion = { ...PLAIN_TEXT, letter: "d" };
const UNSIGNED: Conversion = { ...PLAIN_TEXT, letter: "u" };

/** Returns the conversion for an argument of which no format says one. */
function plainConversion(value: Expression): Conversion {
  if (!isNumber(value)) return PLAIN_TEXT;
  return value.type.signed ? SIGNED : UNSIGNED;
}
