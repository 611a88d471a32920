// SPDX-License-Identifier: MIT
/**
 * Text: the bytes that the guest wrote, as they are.
 *
 * @module
 */
import { ABI } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import type { OutputBuffer } from "./buffer.ts";
import type { Formatter, OutputFormat } from "./format.ts";

const NEWLINE = 0x0a;

/** Messages byte for byte; a line end is added where one is missing. */
export const TEXT_FORMAT: OutputFormat = {
  name: "text",
  summary: "messages as the guest wrote them, a line end added where missing",
  create: (): Formatter => ({ attached() {}, record }),
};

function record(view: RecordView, into: OutputBuffer): void {
  const { bytes, payloadOffset, payloadBytes, id } = view;
  if (id === ABI.ID_TAKEOVER) return;
  if (id !== ABI.ID_MESSAGE) {
    into.appendText(`[event ${id}: ${payloadBytes} bytes]\n`);
    return;
  }
  into.append(bytes, payloadOffset, payloadBytes);
  const end = payloadOffset + payloadBytes;
  if (payloadBytes === 0 || bytes[end - 1] !== NEWLINE) {
    into.appendByte(NEWLINE);
  }
}
