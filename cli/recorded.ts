// SPDX-License-Identifier: MIT
/**
 * Traces that were recorded: finding them below a folder, and reading their
 * streams again.
 *
 * @module
 */
import { BLOCK } from "../ring/layout.ts";
import {
  PACKET_BYTES_MAX,
  packetLength,
  PacketReader,
  type StreamSink,
} from "../ring/ctf/packet_reader.ts";
import { CommandError } from "./errors.ts";
import {
  infoPath,
  parseTraceInfo,
  type TraceInfo,
  TraceInfoError,
} from "./outputs/trace_info.ts";

/** A ring's packets. */
export interface RecordedStream {
  /** Position of the ring in its region. */
  readonly ring: number;
  /** `ABI.KIND_*`. */
  readonly kind: number;
  /** Guest CPU number, or `ABI.CPU_NONE`; as the first packet says. */
  readonly cpu: number;
  /** Files in order of time. */
  readonly paths: readonly string[];
}

/** What was recorded of one epoch of the guest. */
export interface RecordedTrace {
  /** Folders in order of time: one, or one in each chunk. */
  readonly folders: readonly string[];
  readonly info: TraceInfo;
  /** By `ring`. */
  readonly streams: readonly RecordedStream[];
}

const CHUNK = /^chunk-\d+$/;
const SESSION = /^session-\d+$/;
const EPOCH = /^epoch-\d+$/;
const RING = /^ring-(\d+)$/;

/** Names in a folder that match, in order of their numbers. */
function namesIn(folder: string, pattern: RegExp): string[] {
  const byNumber = new Intl.Collator("en", { numeric: true });
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => pattern.test(name)).sort(byNumber.compare);
}

/**
 * Finds the traces at or below a folder that `record` made.
 *
 * @returns By session, then epoch; none where nothing was recorded.
 * @throws {CommandError} where the folder, or a trace in it, cannot be read.
 */
export function findTraces(root: string): RecordedTrace[] {
  const folders = new Map<string, string[]>();
  const add = (name: string, folder: string) =>
    folders.set(name, [...folders.get(name) ?? [], folder]);
  try {
    if (isTrace(root)) add("", root);
    const chunks = namesIn(root, CHUNK).map((name) => `${root}/${name}`);
    for (const place of [root, ...chunks]) {
      for (const session of namesIn(place, SESSION)) {
        for (const epoch of namesIn(`${place}/${session}`, EPOCH)) {
          const name = `${session}/${epoch}`;
          if (isTrace(`${place}/${name}`)) add(name, `${place}/${name}`);
        }
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CommandError(`${root}: no such directory: check --trace`);
  }
  const order = new Intl.Collator("en", { numeric: true });
  return [...folders].sort(([a], [b]) => order.compare(a, b))
    .map(([, each]) => openTrace(each));
}

function isTrace(folder: string): boolean {
  try {
    return Deno.statSync(infoPath(folder)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The last chunk's information holds for all: classes only become more. */
function openTrace(folders: readonly string[]): RecordedTrace {
  const path = infoPath(folders[folders.length - 1]);
  const paths = new Map<number, string[]>();
  for (const folder of folders) {
    for (const name of namesIn(folder, RING)) {
      const ring = Number(RING.exec(name)![1]);
      paths.set(ring, [...paths.get(ring) ?? [], `${folder}/${name}`]);
    }
  }
  const streams = [...paths].sort(([a], [b]) => a - b)
    .map(([ring, each]) => ({ ring, ...identity(each[0]), paths: each }));
  try {
    const info = parseTraceInfo(Deno.readTextFileSync(path));
    return { folders, info, streams };
  } catch (error) {
    if (!(error instanceof TraceInfoError)) throw error;
    throw new CommandError(`${path}: ${error.message}: record the trace again`);
  }
}

function identity(path: string): Pick<RecordedStream, "kind" | "cpu"> {
  const head = new Uint8Array(BLOCK.size);
  using file = Deno.openSync(path);
  fill(file, head);
  const view = new DataView(head.buffer);
  return {
    kind: view.getUint32(BLOCK.streamId, true),
    cpu: view.getUint32(BLOCK.cpuId, true),
  };
}

/** @returns False where the file ends before. */
function fill(file: Deno.FsFile, bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length;) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) return false;
    done += count;
  }
  return true;
}

/**
 * Reads a stream from its beginning to its end.
 *
 * @returns False where it ended in something that is no packet; what was
 * before it has been delivered.
 */
export function readStream(
  { paths, kind, cpu }: RecordedStream,
  { classes }: TraceInfo,
  sink: StreamSink,
): boolean {
  const memory = new Uint8Array(PACKET_BYTES_MAX);
  const head = new DataView(memory.buffer, 0, BLOCK.size);
  let whole = true;
  for (const path of paths) {
    // Loss is counted from 0 again in each file.
    const reader = new PacketReader({ kind, cpu }, classes, sink);
    using file = Deno.openSync(path);
    while (fill(file, memory.subarray(0, BLOCK.size))) {
      const length = packetLength(head);
      const packet = memory.subarray(0, length?.packetBytes ?? 0);
      whole &&= length !== null && fill(file, packet.subarray(BLOCK.size)) &&
        reader.packet(packet, length.contentBytes);
      if (!whole) break;
    }
    reader.end();
  }
  return whole;
}
