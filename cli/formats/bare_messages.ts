// SPDX-License-Identifier: MIT
/**
 * Prints many messages at once, with nothing but their text.
 *
 * @module
 */
import { RECORD } from "../../ring/layout.ts";
import type { MessageRun } from "../../ring/record_view.ts";
import { BEYOND_BYTES, copyPayload } from "./copy_payload.ts";
import type { OutputBuffer } from "./output_buffer.ts";

const NEWLINE = 0x0a;

/** Appends messages as they are, each with a line end; see `MessagesFormat`. */
export function appendBareMessages(
  run: MessageRun,
  into: OutputBuffer,
  sizes: Uint32Array,
  end: number,
): void {
  const { batch, count } = run;
  const { offsets, words, next } = batch;
  // The span includes the records' headers, and a line end is shorter than one.
  const bytes = into.reserve(run.spanBytes + BEYOND_BYTES);
  let at = into.length;
  for (let i = 0; i < count; i++) {
    const start = at;
    const record = offsets[next + i];
    const payloadBytes = words[(record + RECORD.len) >>> 2] >>> 16;
    copyPayload(into, at, batch, record + RECORD.size, payloadBytes);
    at += payloadBytes;
    if (payloadBytes === 0 || bytes[at - 1] !== NEWLINE) bytes[at++] = NEWLINE;
    sizes[end + 2 * i] = at - start;
    sizes[end + 2 * i + 1] = payloadBytes;
  }
  into.filled(at);
}
