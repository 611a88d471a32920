// SPDX-License-Identifier: MIT
/**
 * Parses the guest kernel's own recording, as `per_cpu/cpuN/trace_pipe_raw` has
 * it: pages of its ring buffer (Documentation/trace/ring-buffer-design.rst, and
 * `events/header_page`, `events/header_event`).
 *
 * @module
 */

/** One entry of the kernel's buffer. */
export interface KernelEntry {
  /** The buffer's CPU. */
  readonly cpu: number;
  /** Ticks of the instance's trace clock. */
  readonly time: bigint;
  /** `struct trace_entry` and what follows it, rounded up to 4 bytes. */
  readonly bytes: Uint8Array;
}

const PAGE_BYTES = 4096;
const PAGE_HEADER_BYTES = 16;
const COMMIT_MASK = 0xfffff;
const MISSED_EVENTS = 0x80000000;
const TYPE_PADDING = 29;
const TYPE_TIME_EXTEND = 30;
const TYPE_TIME_STAMP = 31;

/**
 * Splits pages into their entries.
 *
 * @throws {Error} if the kernel reports that it has overwritten some.
 */
export function parsePages(cpu: number, pages: Uint8Array): KernelEntry[] {
  const entries: KernelEntry[] = [];
  for (let at = 0; at + PAGE_BYTES <= pages.length; at += PAGE_BYTES) {
    parsePage(cpu, pages.subarray(at, at + PAGE_BYTES), entries);
  }
  return entries;
}

function parsePage(
  cpu: number,
  page: Uint8Array,
  entries: KernelEntry[],
): void {
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  let time = view.getBigUint64(0, true);
  const commit = view.getUint32(8, true);
  if (commit & MISSED_EVENTS) throw new Error(`CPU ${cpu}: events missed`);
  const end = PAGE_HEADER_BYTES + (commit & COMMIT_MASK);
  for (let at = PAGE_HEADER_BYTES; at < end;) {
    const word = view.getUint32(at, true);
    const type = word & 31;
    const delta = BigInt(word >>> 5);
    const next = at + 4;
    if (type === TYPE_PADDING) {
      if (delta === 0n) return;
      at = next + view.getUint32(next, true);
      time += delta;
    } else if (type === TYPE_TIME_EXTEND) {
      time += delta + (BigInt(view.getUint32(next, true)) << 27n);
      at = next + 4;
    } else if (type === TYPE_TIME_STAMP) {
      time = delta + (BigInt(view.getUint32(next, true)) << 27n);
      at = next + 4;
    } else {
      time += delta;
      const long = type === 0;
      const begin = long ? next + 4 : next;
      const stop = next + (long ? view.getUint32(next, true) : type * 4);
      entries.push({ cpu, time, bytes: page.subarray(begin, stop) });
      at = stop;
    }
  }
}
