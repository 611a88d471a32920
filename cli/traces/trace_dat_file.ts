// SPDX-License-Identifier: MIT
/**
 * Converts a recorded trace to a trace.dat file. Only a page, a packet, the
 * formats and the names of tasks are kept in memory, so the streams are read
 * twice.
 *
 * @module
 */
import { cString, Libc } from "../../ffi/libc.ts";
import { O_CLOEXEC, O_CREAT, O_EXCL, O_WRONLY } from "../../ffi/open_flags.ts";
import { Output } from "../../ffi/output.ts";
import { temporaryPath } from "../../ffi/temporary.ts";
import { ABI } from "../../ring/layout.ts";
import { CommandsSeen } from "./task_names.ts";
import { type CpuPages, cpuTable, traceDatHead } from "./trace_dat_head.ts";
import { TraceDatEvents } from "./trace_dat_events.ts";
import { holdTarget } from "./trace_dat_target.ts";
import { PAGE_BYTES, PageWriter } from "./trace_dat_pages.ts";
import { RecordWriter, type Unshown } from "./trace_dat_records.ts";
import type { RecordedStream, RecordedTrace } from "./find_traces.ts";
import { readStream } from "./read_stream.ts";

const FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
/** Permission bits, less the umask. */
const MODE = 0o666;
const SEEK_SET = 0;

/** What was left out of the file. */
export interface Converted extends Unshown {
  /** How many files ended in something that is not a packet. */
  broken: number;
  /** How many parts of messages contradict the others. */
  contradictions: number;
}

/** The `trace_clock` of each known clock. With `CLOCK_NONE` all times are 0. */
const CLOCKS: Readonly<Record<number, string>> = {
  [ABI.CLOCK_NONE]: "[mono]",
  [ABI.CLOCK_MONOTONIC]: "[mono]",
  [ABI.CLOCK_TSC]: "[x86-tsc]",
};

/**
 * Assigns streams to CPUs of the file: a CPU's own stream by its number, and
 * behind all CPUs one more for each kernel log.
 *
 * @returns The streams by CPU; null if nothing was recorded of one.
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
 * @param path Replaced as a whole, once the new file is complete.
 * @param kallsyms The guest's functions, as `kallsymsText` lists them.
 * @throws {SyscallError} such as ENOSPC, naming the path; {CommandError} if the
 * file at the path must be left as it is. Nothing is left behind.
 */
export function writeTraceDat(
  trace: RecordedTrace,
  path: string,
  kallsyms = "",
): Converted {
  using libc = new Libc();
  const temporary = temporaryPath(path);
  const fd = libc.symbols.open(cString(temporary), FLAGS, MODE);
  libc.check("open", path, fd);
  try {
    // Errors name this path, because the user does not know the temporary one.
    const converted = write(libc, trace, kallsyms, { fd, path });
    // Somebody may have begun to write there since it was checked.
    using _replaced = holdTarget(libc, path);
    const renamed = libc.symbols.rename(cString(temporary), cString(path));
    libc.check("rename", path, renamed);
    return converted;
  } catch (error) {
    libc.symbols.unlink(cString(temporary));
    throw error;
  } finally {
    libc.symbols.close(fd);
  }
}

function write(
  libc: Libc,
  { info, streams }: RecordedTrace,
  kallsyms: string,
  { fd, path }: { fd: number; path: string },
): Converted {
  const { classes, clock } = info;
  const commands = new CommandsSeen(classes);
  for (const stream of streams) readStream(libc, stream, info, commands);
  const cpus = byCpu(streams);
  const events = new TraceDatEvents(classes);
  const { bytes: head, tableOffset } = traceDatHead({
    events: events.texts,
    kallsyms,
    commands: commands.text(),
    clock: CLOCKS[clock.clockId],
    cpus: cpus.length,
  });
  using output = new Output(libc, fd, path);
  const put = (bytes: Uint8Array<ArrayBuffer>) => {
    for (let done = 0; done < bytes.length;) {
      done += output.writeNow(bytes.subarray(done));
    }
  };
  put(head);
  const converted: Converted = {
    opaque: 0,
    tooLong: 0,
    broken: 0,
    contradictions: 0,
  };
  const table: CpuPages[] = [];
  let offset = head.length;
  for (const stream of cpus) {
    const pages = new PageWriter(put);
    const writer = new RecordWriter(events, pages, converted);
    if (stream !== null) {
      const { whole, contradictions } = readStream(libc, stream, info, writer);
      if (!whole) converted.broken++;
      converted.contradictions += contradictions;
    }
    writer.end();
    const bytes = pages.pages * PAGE_BYTES;
    table.push({ offset, bytes });
    offset += bytes;
  }
  const sought = libc.symbols.lseek(fd, BigInt(tableOffset), SEEK_SET);
  libc.check("lseek", path, Number(sought));
  put(cpuTable(table));
  return converted;
}
