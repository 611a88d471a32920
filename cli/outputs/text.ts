// SPDX-License-Identifier: MIT
/**
 * Text: the bytes that the guest wrote, as they are; on a terminal made safe.
 *
 * @module
 */
import { ABI } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import type { OutputBuffer } from "./buffer.ts";
import type { Formatter, OutputFormat } from "./format.ts";
import { appendSafe } from "./terminal.ts";

const NEWLINE = 0x0a;

/** Messages byte for byte; a line end is added where one is missing. */
export const TEXT_FORMAT: OutputFormat = {
  name: "text",
  summary: "messages as the guest wrote them, a line end added where " +
    "missing; made safe on a terminal, see --raw",
  create: (_object, safe): Formatter => {
    const append = safe ? appendShown : appendRaw;
    return {
      attached() {},
      record: (view, into) => record(view, into, append),
    };
  },
};

/** Appends a payload and its line end. */
type Append = (
  into: OutputBuffer,
  bytes: Uint8Array,
  offset: number,
  count: number,
) => void;

function record(view: RecordView, into: OutputBuffer, append: Append): void {
  const { bytes, payloadOffset, payloadBytes, id } = view;
  if (id === ABI.ID_TAKEOVER) return;
  if (id !== ABI.ID_MESSAGE) {
    into.appendText(`[event ${id}: ${payloadBytes} bytes]\n`);
    return;
  }
  append(into, bytes, payloadOffset, payloadBytes);
}

function appendRaw(
  into: OutputBuffer,
  bytes: Uint8Array,
  offset: number,
  count: number,
): void {
  into.append(bytes, offset, count);
  if (count === 0 || bytes[offset + count - 1] !== NEWLINE) {
    into.appendByte(NEWLINE);
  }
}

function appendShown(
  into: OutputBuffer,
  bytes: Uint8Array,
  offset: number,
  count: number,
): void {
  appendSafe(into, bytes, offset, count);
  into.appendByte(NEWLINE);
}
