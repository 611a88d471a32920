// SPDX-License-Identifier: MIT
/**
 * Hands out the text of a record piece by piece, and no more than a record may
 * have.
 *
 * @module
 */
import { hexOf } from "../hex.ts";
import type { EventField } from "./event_field.ts";
import type { FieldVisitor } from "./event_values.ts";
import { integerAt } from "./payload.ts";

/** Takes what is printed, piece by piece. */
export interface PrintSink {
  /** Takes printable ASCII, and tabs. */
  text(ascii: string): void;
  /** Takes bytes that the guest chose, which may have any values. */
  bytes(from: Uint8Array<ArrayBuffer>, offset: number, count: number): void;
}

/**
 * The most bytes to print of one record, because a format may name the same
 * text many times. The lines of the kernel's `trace_pipe` are not longer,
 * because it makes each in 8 KiB.
 */
export const PRINTED_BYTES_MAX = 8192;
/** What follows a text that is cut, which the kernel prints, too. */
export const CUT = "[LINE TOO BIG]";

/** Prints text, and fields as they are. */
export class Printer implements FieldVisitor {
  readonly #sink: PrintSink;
  /** How many bytes may still come; negative once the text is cut. */
  #left = PRINTED_BYTES_MAX;

  constructor(sink: PrintSink) {
    this.#sink = sink;
  }

  /** Whether the text is cut, so that nothing more is printed. */
  get isCut(): boolean {
    return this.#left < 0;
  }

  /** How many bytes may still come. */
  get room(): number {
    return Math.max(0, this.#left);
  }

  /** Prints printable ASCII, and tabs. */
  say(ascii: string): void {
    if (ascii === "" || this.isCut) return;
    const fits = ascii.length <= this.#left;
    this.#sink.text(fits ? ascii : ascii.slice(0, this.#left));
    this.#left -= ascii.length;
    if (this.isCut) this.#sink.text(CUT);
  }

  /** Prints bytes that the guest chose. */
  copy(bytes: Uint8Array<ArrayBuffer>, offset: number, count: number): void {
    if (this.isCut) return;
    const most = Math.min(count, this.#left);
    if (most > 0) this.#sink.bytes(bytes, offset, most);
    this.#left -= count;
    if (this.isCut) this.#sink.text(CUT);
  }

  /** Implements {@linkcode FieldVisitor.integer}. */
  integer(field: EventField, value: number | bigint): void {
    this.say(field.pointer ? `0x${value.toString(16)}` : value.toString());
  }

  /** Implements {@linkcode FieldVisitor.text}. */
  text(
    _field: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void {
    this.copy(bytes, offset, count);
  }

  /** Implements {@linkcode FieldVisitor.array}. */
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

  /** Implements {@linkcode FieldVisitor.opaque}. */
  opaque(
    _field: EventField,
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    count: number,
  ): void {
    const most = Math.min(count, this.room + 1);
    this.say(hexOf(bytes.subarray(offset, offset + most)));
  }
}
