// SPDX-License-Identifier: MIT
/**
 * Counts the trace events in what a transport has brought to the host.
 *
 * @module
 */
import { parsePages } from "../vm/ftrace_pages.ts";

const PAGE_BYTES = 4096;
/**
 * The byte of a page's length word that also says that events were lost before.
 */
const LOST_FLAGS_BYTE = 11;
const LENGTH_BITS = 0x3f;

/**
 * Counts events in text, one for each line, as `trace_pipe` or `ivring_reader`
 * prints it. The kernel's line about losses is no event, and neither is a line
 * without its end.
 */
export function countLines(text: Uint8Array): number {
  let count = 0;
  for (let at = 0;;) {
    const end = text.indexOf(0x0a, at);
    if (end < 0) return count;
    const isLoss = text[at] === 0x43 && text[at + 1] === 0x50; // "CPU:0 [LOST"
    if (!isLoss && end > at) count++;
    at = end + 1;
  }
}

/**
 * Counts events in pages, as `trace_pipe_raw` has them; pages may be missing.
 */
export function countPages(pages: Uint8Array): number {
  const copy = pages.slice();
  for (let at = 0; at + PAGE_BYTES <= copy.length; at += PAGE_BYTES) {
    copy[at + LOST_FLAGS_BYTE] &= LENGTH_BITS;
  }
  return parsePages(0, copy).length;
}

/** Figures in an instance's `per_cpu/cpuN/stats`. */
export interface BufferStats {
  /**
   * All events that were put into the kernel's buffer, including those lost
   * since.
   */
  readonly recorded: number;
  /**
   * Events that were overwritten before they were taken out, or not recorded
   * because there was no room.
   */
  readonly lost: number;
}

/**
 * Parses such a file.
 *
 * @throws {Error} if it is none.
 */
export function parseStats(text: string): BufferStats {
  const of = (name: string) => {
    const found = new RegExp(`^${name}: (\\d+)$`, "m").exec(text);
    if (found === null) throw new Error(`no "${name}" in: ${text}`);
    return Number(found[1]);
  };
  const lost = of("overrun") + of("commit overrun") + of("dropped events");
  return { recorded: of("entries") + of("read events") + lost, lost };
}
