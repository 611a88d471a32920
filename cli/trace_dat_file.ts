// SPDX-License-Identifier: MIT
/**
 * From a recorded trace to a trace.dat file. Memory: a page, a packet, the
 * formats, and the names of tasks; the streams are read twice.
 *
 * @module
 */
import { ABI } from "../ring/layout.ts";
import { CommandsSeen } from "./outputs/commands_seen.ts";
import { type CpuPages, cpuTable, traceDatHead } from "./outputs/trace_dat.ts";
import { TraceDatEvents } from "./outputs/trace_dat_events.ts";
import { PAGE_BYTES, PageWriter } from "./outputs/trace_dat_pages.ts";
import { RecordWriter, type Unshown } from "./outputs/trace_dat_records.ts";
import {
  readStream,
  type RecordedStream,
  type RecordedTrace,
} from "./recorded.ts";

/** What is not in the file. */
export interface Converted extends Unshown {
  /** Files that ended in something that is no packet. */
  broken: number;
}

/** `trace_clock` of the clocks that we know; of `CLOCK_NONE` all times are 0. */
const CLOCKS: Readonly<Record<number, string>> = {
  [ABI.CLOCK_NONE]: "[mono]",
  [ABI.CLOCK_MONOTONIC]: "[mono]",
  [ABI.CLOCK_TSC]: "[x86-tsc]",
};

/**
 * Which stream is which CPU of the file: a CPU's own by its number, and behind
 * them a CPU more for each kernel log.
 *
 * @returns By CPU; null where nothing was recorded of one.
 */
function byCpu(streams: readonly RecordedStream[]): (RecordedStream | null)[] {
  const trace = streams.filter(({ kind }) => kind === ABI.KIND_TRACE);
  const others = streams.filter(({ kind }) => kind !== ABI.KIND_TRACE);
  const numbers = new Set(trace.map(({ cpu }) => cpu));
  const usable = numbers.size === trace.length &&
    trace.every(({ cpu }) => cpu < ABI.RINGS_MAX);
  const cpus: (RecordedStream | null)[] = [];
  trace.forEach((stream, i) => cpus[usable ? stream.cpu : i] = stream);
  return [...Array.from(cpus, (stream) => stream ?? null), ...others];
}

/**
 * Writes the file.
 *
 * @param path Replaced as a whole, once the new one is complete.
 * @throws As `Deno.openSync` and `Deno.writeSync`; nothing is left behind.
 */
export function writeTraceDat(trace: RecordedTrace, path: string): Converted {
  const temporary = `${path}.tmp`;
  try {
    const converted = write(trace, temporary);
    Deno.renameSync(temporary, path);
    return converted;
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function write({ info, streams }: RecordedTrace, path: string): Converted {
  const { classes, clock } = info;
  const commands = new CommandsSeen(classes);
  if (commands.hopeful) {
    for (const stream of streams) readStream(stream, info, commands);
  }
  const cpus = byCpu(streams);
  const events = new TraceDatEvents(classes);
  const { bytes: head, tableOffset } = traceDatHead({
    events: events.texts,
    commands: commands.text(),
    clock: CLOCKS[clock.clockId],
    cpus: cpus.length,
  });
  using file = Deno.openSync(path, {
    write: true,
    create: true,
    truncate: true,
  });
  const put = (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length;) {
      done += file.writeSync(bytes.subarray(done));
    }
  };
  put(head);
  const converted: Converted = { opaque: 0, tooLong: 0, broken: 0 };
  const table: CpuPages[] = [];
  let offset = head.length;
  for (const stream of cpus) {
    const pages = new PageWriter(put);
    const writer = new RecordWriter(events, pages, converted);
    if (stream !== null && !readStream(stream, info, writer)) {
      converted.broken++;
    }
    writer.end();
    const bytes = pages.pages * PAGE_BYTES;
    table.push({ offset, bytes });
    offset += bytes;
  }
  file.seekSync(tableOffset, Deno.SeekMode.Start);
  put(cpuTable(table));
  return converted;
}
