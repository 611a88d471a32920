// SPDX-License-Identifier: MIT
/**
 * Appends lines of text, each with its prefix and its colour.
 *
 * @module
 */
import type { OutputBuffer } from "./output_buffer.ts";
import { COLOR_END } from "./color.ts";
import { appendSafe } from "./terminal.ts";

const NEWLINE = 0x0a;
/** What precedes each further line of a message that is made safe. */
const CONTINUED: Uint8Array = new TextEncoder().encode("  | ");

/** How a payload becomes lines. */
export interface LineStyle {
  /** Whether the text is made safe for a terminal. */
  readonly safe: boolean;
  /** Whether further lines show that they are not records of their own. */
  readonly marked: boolean;
  /**
   * Returns the colour sequence in front of a line's text; null for none. The
   * first line is 0.
   */
  readonly color: ((line: number) => Uint8Array | null) | null;
}

/**
 * Appends a payload's lines behind a prefix that is there already; each further
 * line gets a copy of the prefix. A newline at the payload's end begins no
 * further line.
 *
 * @param start Where in the buffer the prefix begins.
 */
export function appendLines(
  into: OutputBuffer,
  start: number,
  source: Uint8Array,
  offset: number,
  count: number,
  style: LineStyle,
): void {
  const prefixBytes = into.length - start;
  const ended = count > 0 && source[offset + count - 1] === NEWLINE;
  const end = offset + count - (ended ? 1 : 0);
  for (let at = offset, line = 0; line === 0 || at <= end; line++) {
    let next = source.indexOf(NEWLINE, at);
    if (next < 0 || next > end) next = end;
    if (line > 0) {
      into.append(into.reserve(prefixBytes), start, prefixBytes);
      if (style.marked) into.append(CONTINUED, 0, CONTINUED.length);
    }
    appendLine(into, source, at, next - at, style, line);
    at = next + 1;
  }
}

function appendLine(
  into: OutputBuffer,
  source: Uint8Array,
  offset: number,
  count: number,
  { safe, color }: LineStyle,
  line: number,
): void {
  const sequence = count > 0 ? color?.(line) ?? null : null;
  if (sequence !== null) into.append(sequence, 0, sequence.length);
  if (safe) appendSafe(into, source, offset, count);
  else into.append(source, offset, count);
  if (sequence !== null) into.append(COLOR_END, 0, COLOR_END.length);
  into.appendByte(NEWLINE);
}
