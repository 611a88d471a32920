// SPDX-License-Identifier: MIT
/**
 * How many trace events there are in what a transport has brought to the host.
 *
 * @module
 */
import { parsePages } from "../vm/ftrace_pages.ts";

const PAGE_BYTES = 4096;
/** Of a page's word that holds its length: events were lost before it. */
const LOST_FLAGS_BYTE = 11;
const LENGTH_BITS = 0x3f;

/**
 * Events in text as `trace_pipe` gives it, or `ivring_reader`: one a line. What
 * the kernel says about losses is no event, nor is a line without its end.
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

/** Events in pages as `trace_pipe_raw` gives them; pages may be missing. */
export function countPages(pages: Uint8Array): number {
  const copy = pages.slice();
  for (let at = 0; at + PAGE_BYTES <= copy.length; at += PAGE_BYTES) {
    copy[at + LOST_FLAGS_BYTE] &= LENGTH_BITS;
  }
  return parsePages(0, copy).length;
}

/** Of an instance's `per_cpu/cpuN/stats`. */
export interface BufferStats {
  /** Events ever put into the kernel's buffer, those lost since included. */
  readonly recorded: number;
  /** Overwritten before they were taken out, or not recorded for want of room. */
  readonly lost: number;
}

/** Reads such a file. @throws {Error} if it is none. */
export function parseStats(text: string): BufferStats {
  const of = (name: string) => {
    const found = new RegExp(`^${name}: (\\d+)$`, "m").exec(text);
    if (found === null) throw new Error(`no "${name}" in: ${text}`);
    return Number(found[1]);
  };
  const lost = of("overrun") + of("commit overrun") + of("dropped events");
  return { recorded: of("entries") + of("read events") + lost, lost };
}
