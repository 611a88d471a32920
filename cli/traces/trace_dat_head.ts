// SPDX-License-Identifier: MIT
/**
 * The parts of a trace.dat file, version 6, which `trace-cmd report` and
 * KernelShark open. All text in it is made here, so that the tools' parsers see
 * nothing that a guest wrote.
 *
 * Source: trace-cmd.dat.v6(5).
 *
 * @module
 */
import { PAGE_BYTES, PAGE_HEADER_BYTES } from "./trace_dat_pages.ts";

/** The beginning of every such file, of any version: 17 08 44 "tracing". */
export const TRACE_DAT_START: Uint8Array<ArrayBuffer> = new TextEncoder()
  .encode("\x17\x08\x44tracing");
/** Bytes of a C `long` in the guest, because only 64-bit guests write rings. */
const LONG_BYTES = 8;
const OPTION_TRACECLOCK = 4;
const OPTION_DONE = 0;
/** Bytes of a CPU's entry in the table of offsets: offset and size. */
const CPU_ENTRY_BYTES = 16;

/** The text of `events/header_page` in a 64-bit kernel. */
const HEADER_PAGE = `\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
\tfield: local_t commit;\toffset:8;\tsize:${LONG_BYTES};\tsigned:1;
\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
\tfield: char data;\toffset:${PAGE_HEADER_BYTES};\tsize:${
  PAGE_BYTES - PAGE_HEADER_BYTES
};\tsigned:1;
`;

/** The text of `events/header_event` in a kernel. */
const HEADER_EVENT = `# compressed entry header
\ttype_len    :    5 bits
\ttime_delta  :   27 bits
\tarray       :   32 bits

\tpadding     : type == 29
\ttime_extend : type == 30
\ttime_stamp : type == 31
\tdata max type_len  == 28
`;

/** The text of one event's `format` file, and the system it belongs to. */
export interface EventText {
  readonly system: string;
  readonly text: string;
}

/** The content of everything before the pages. */
export interface TraceDatHead {
  readonly events: readonly EventText[];
  /** Lines as in `/proc/kallsyms`. */
  readonly kallsyms: string;
  /** Lines of `PID NAME`. */
  readonly commands: string;
  /** The content of `trace_clock`, such as "[mono]". */
  readonly clock: string;
  readonly cpus: number;
}

/** Where a CPU's pages are in the file, in bytes. */
export interface CpuPages {
  readonly offset: number;
  readonly bytes: number;
}

/** Gathers bytes one after the other. */
class Gather {
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  readonly #encoder = new TextEncoder();
  bytes = 0;

  raw(bytes: Uint8Array<ArrayBuffer>): void {
    this.#parts.push(bytes);
    this.bytes += bytes.length;
  }

  number(value: number, bytes: 2 | 4 | 8): void {
    const part = new Uint8Array(8);
    new DataView(part.buffer).setBigUint64(0, BigInt(value), true);
    this.raw(part.slice(0, bytes));
  }

  /** Appends a text as it is. */
  text(text: string): void {
    this.raw(this.#encoder.encode(text));
  }

  /** Appends the length of a text, and then the text. */
  sized(text: string, lengthBytes: 4 | 8): void {
    const bytes = this.#encoder.encode(text);
    this.number(bytes.length, lengthBytes);
    this.raw(bytes);
  }

  all(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.bytes);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/**
 * Returns everything before the pages.
 *
 * @returns The bytes, a whole number of pages; and where in them the table is
 * that `cpuTable` fills once the pages are written.
 */
export function traceDatHead(
  head: TraceDatHead,
): { bytes: Uint8Array<ArrayBuffer>; tableOffset: number } {
  const out = new Gather();
  out.raw(TRACE_DAT_START);
  out.text("6\0");
  out.raw(new Uint8Array([0, LONG_BYTES])); // little endian
  out.number(PAGE_BYTES, 4);
  out.text("header_page\0");
  out.sized(HEADER_PAGE, 8);
  out.text("header_event\0");
  out.sized(HEADER_EVENT, 8);
  const bySystem = Map.groupBy(head.events, ({ system }) => system);
  const ftrace = bySystem.get("ftrace") ?? [];
  bySystem.delete("ftrace");
  out.number(ftrace.length, 4);
  for (const { text } of ftrace) out.sized(text, 8);
  out.number(bySystem.size, 4);
  for (const [system, events] of bySystem) {
    out.text(`${system}\0`);
    out.number(events.length, 4);
    for (const { text } of events) out.sized(text, 8);
  }
  out.sized(head.kallsyms, 4);
  out.sized("", 4); // printk_formats
  out.sized(head.commands, 8);
  out.number(head.cpus, 4);
  out.text("options  \0");
  out.number(OPTION_TRACECLOCK, 2);
  out.sized(`${head.clock}\0`, 4);
  out.number(OPTION_DONE, 2);
  out.text("flyrecord\0");
  const tableOffset = out.bytes;
  const end = tableOffset + head.cpus * CPU_ENTRY_BYTES;
  const padded = Math.ceil(end / PAGE_BYTES) * PAGE_BYTES;
  out.raw(new Uint8Array(padded - tableOffset));
  return { bytes: out.all(), tableOffset };
}

/** Returns the table with the place of each CPU's pages, in order of CPUs. */
export function cpuTable(cpus: readonly CpuPages[]): Uint8Array<ArrayBuffer> {
  const out = new Gather();
  for (const { offset, bytes } of cpus) {
    out.number(offset, 8);
    out.number(bytes, 8);
  }
  return out.all();
}
