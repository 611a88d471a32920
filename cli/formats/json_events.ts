// SPDX-License-Identifier: MIT
/**
 * Prints kernel events as members of a JSON object.
 *
 * @module
 */
import { contextFlags, taskOf } from "../../ring/events/event_context.ts";
import type { EventField } from "../../ring/events/event_field.ts";
import type { EventFormat } from "../../ring/events/event_format.ts";
import {
  type FieldVisitor,
  visitField,
} from "../../ring/events/event_values.ts";
import { framesOf } from "../../ring/events/kernel_stack.ts";
import { frameText, stackText } from "../../ring/events/stack_text.ts";
import { integerAt } from "../../ring/events/payload.ts";
import { isNumber } from "../../ring/events/print_expression.ts";
import type { PrintArgument } from "../../ring/events/print_format.ts";
import type { Symbols } from "../../ring/events/symbols.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { OutputBuffer } from "./output_buffer.ts";
import { appendHex, appendInteger } from "./append_number.ts";
import { EventText } from "./event_text.ts";
import { fieldTexts, textNameOf } from "./field_texts.ts";
import type { EventLookup } from "./formatter.ts";
import { appendJsonString, jsonText } from "./json_string.ts";
import { INFO, SEVERITIES } from "./severity.ts";
import { appendSymbolMember, symbolKeys } from "./symbol_members.ts";

/** Initial room for an event as text. */
const MESSAGE_BYTES = 4096;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** The bytes that are the same in all records of an event format. */
interface Shape {
  /** The bytes between the value of `clock` and the message. */
  readonly head: Uint8Array;
  /** Each field's name, and what stands before it. */
  readonly keys: readonly Uint8Array[];
  /** What the kernel prints of each field alone, if it says more. */
  readonly texts: readonly (FieldText | null)[];
  /** See the function of this name. */
  readonly symbolKeys: readonly (string | null)[];
}

/** How a field is printed as text, beside its value. */
interface FieldText {
  /** The name of the text, and what stands before it. */
  readonly key: Uint8Array;
  readonly argument: PrintArgument;
  /** Whether it is the name of a function. */
  readonly isFunction: boolean;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/**
 * Returns the shape of an event format. Names are C identifiers, so nothing in
 * them has to be escaped.
 */
function shapeOf(format: EventFormat): Shape {
  const { name, system, fields } = format;
  return {
    texts: fieldTexts(format).map((argument, i) =>
      argument === null ? null : {
        key: utf8(`,"${textNameOf(fields[i])}":`),
        argument,
        isFunction: isNumber(argument.value),
      }
    ),
    symbolKeys: symbolKeys(format),
    head: utf8(`","event":"${name}"${SEVERITIES[INFO]}`),
    keys: fields.map((field, i) =>
      utf8(
        i === 0
          ? `,"system":"${system}","fields":{"${field.name}":`
          : `,"${field.name}":`,
      )
    ),
  };
}

/** Appends kernel events. */
export class JsonEvents {
  readonly #shapes = new WeakMap<EventFormat, Shape>();
  readonly #text = new EventText();
  readonly #message = new OutputBuffer(MESSAGE_BYTES);
  readonly #values = new JsonValues();

  /**
   * Appends the members of an event behind the digits of `clock`.
   *
   * @param format What `EventTable.describe` returned for the record.
   * @param names Gives the names of tasks and functions.
   */
  append(
    format: EventFormat,
    record: RecordView,
    names: Pick<EventLookup, "tasks" | "symbols">,
    into: OutputBuffer,
  ): void {
    let shape = this.#shapes.get(format);
    if (shape === undefined) {
      shape = shapeOf(format);
      this.#shapes.set(format, shape);
    }
    const { head, keys, texts, symbolKeys } = shape;
    into.append(head, 0, head.length);
    const { stack } = format;
    const symbols = names.symbols(record.epoch);
    const frames = stack === null ? [] : framesOf(stack, record);
    const message = this.#message;
    if (stack !== null) into.appendText(jsonText(stackText(frames, symbols)));
    else {
      this.#text.append(format, record, message, symbols);
      appendJsonString(into, message.pending, 0, message.length);
      message.take(message.length);
    }
    const comm = names.tasks.nameOf(record);
    into.appendText(
      `,"pid":${taskOf(record)},"comm":${
        comm === null ? "null" : jsonText(comm)
      },"context":"${contextFlags(record)}"`,
    );
    if (stack !== null) {
      appendStack(frames, symbols, into);
      return;
    }
    if (keys.length === 0) {
      into.appendText(`,"system":"${format.system}","fields":{}`);
      return;
    }
    this.#values.into = into;
    for (let i = 0; i < keys.length; i++) {
      into.append(keys[i], 0, keys[i].length);
      visitField(format.fields[i], record, this.#values);
      const text = texts[i];
      if (text === null) {
        const key = symbols === null ? null : symbolKeys[i];
        if (key === null) continue;
        appendSymbolMember(key, format.fields[i], record, symbols!, into);
        continue;
      }
      this.#text.argument(text.argument, record, message, symbols);
      // An address whose function is not known stays an address.
      const isAddress = text.isFunction && message.pending[0] === ZERO;
      if (message.length > 0 && !isAddress) {
        into.append(text.key, 0, text.key.length);
        appendJsonString(into, message.pending, 0, message.length);
      }
      message.take(message.length);
    }
    into.appendText("}");
  }
}

/**
 * Appends the members of a stack: each address as a function and an offset, and
 * as a number among the fields.
 */
function appendStack(
  frames: readonly bigint[],
  symbols: Symbols | null,
  into: OutputBuffer,
): void {
  const places = frames.map((each) => jsonText(frameText(each, symbols, true)));
  const addresses = frames.map((each) => `"0x${each.toString(16)}"`);
  into.appendText(
    `,"stack":[${places.join(",")}],"system":"ftrace",` +
      `"fields":{"size":${frames.length},"caller":[${addresses.join(",")}]}`,
  );
}

/** Appends values as JSON. */
class JsonValues implements FieldVisitor {
  into!: OutputBuffer;

  integer({ pointer }: EventField, value: number | bigint): void {
    const { into } = this;
    if (pointer) into.appendText(`"0x${value.toString(16)}"`);
    else this.#number(value);
  }

  text(
    _field: EventField,
    bytes: Uint8Array,
    offset: number,
    count: number,
  ): void {
    appendJsonString(this.into, bytes, offset, count);
  }

  array(
    { elementBytes, signed }: EventField,
    bytes: Uint8Array,
    offset: number,
    count: number,
  ): void {
    this.into.appendByte(OPEN);
    for (let i = 0; i < count; i++) {
      if (i > 0) this.into.appendByte(COMMA);
      const at = offset + i * elementBytes;
      this.#number(integerAt(bytes, at, elementBytes, signed));
    }
    this.into.appendByte(CLOSE);
  }

  opaque(
    _field: EventField,
    bytes: Uint8Array,
    offset: number,
    count: number,
  ): void {
    this.into.appendByte(QUOTE);
    appendHex(this.into, bytes, offset, count);
    this.into.appendByte(QUOTE);
  }

  /** Appends a number, in quotes if it is 2^53 or more away from 0. */
  #number(value: number | bigint): void {
    const { into } = this;
    const exact = typeof value === "number";
    if (!exact) into.appendByte(QUOTE);
    appendInteger(into, value);
    if (!exact) into.appendByte(QUOTE);
  }
}
