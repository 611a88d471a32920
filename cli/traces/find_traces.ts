// SPDX-License-Identifier: MIT
/**
 * Finds the traces that `record` made below a folder.
 *
 * @module
 */
import { namesIn } from "../../ffi/list_directory.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { FileReader } from "../../ffi/file_reader.ts";
import { Libc } from "../../ffi/libc.ts";
import { ABI, BLOCK } from "../../ring/layout.ts";
import { CommandError } from "../errors.ts";
import { explained } from "../console/explain.ts";
import {
  parseTraceInfo,
  type TraceInfo,
  TraceInfoError,
} from "./trace_info.ts";
import {
  CHUNK,
  EPOCH,
  infoPath,
  isTrace,
  RING,
  SESSION,
} from "./trace_names.ts";

/** A ring's packets. */
export interface RecordedStream {
  /** Position of the ring in its region. */
  readonly ring: number;
  /** `ABI.KIND_*`. */
  readonly kind: number;
  /** Guest CPU number, or `ABI.CPU_NONE`; as the first packet says. */
  readonly cpu: number;
  /** The files with the packets, in order of time. */
  readonly paths: readonly string[];
}

/** What was recorded of one epoch of the guest. */
export interface RecordedTrace {
  /** The trace's folders in order of time: one, or one in each chunk. */
  readonly folders: readonly string[];
  readonly info: TraceInfo;
  /** The streams, in the order of their `ring`. */
  readonly streams: readonly RecordedStream[];
}

/** Returns the matching names in a folder, in order of their numbers. */
function matching(libc: Libc, folder: string, pattern: RegExp): string[] {
  const byNumber = new Intl.Collator("en", { numeric: true });
  return namesIn(libc, folder).filter((name) => pattern.test(name))
    .sort(byNumber.compare);
}

/**
 * Finds the traces at or below a folder that `record` made.
 *
 * @returns By session, then epoch; none if nothing was recorded.
 * @throws {CommandError} if the folder, or a trace in it, cannot be read.
 */
export function findTraces(root: string): RecordedTrace[] {
  using libc = new Libc();
  const folders = new Map<string, string[]>();
  const add = (name: string, folder: string) =>
    folders.set(name, [...folders.get(name) ?? [], folder]);
  try {
    if (isTrace(libc, root)) add("", root);
    const chunks = matching(libc, root, CHUNK).map((name) => `${root}/${name}`);
    for (const place of [root, ...chunks]) {
      for (const session of matching(libc, place, SESSION)) {
        for (const epoch of matching(libc, `${place}/${session}`, EPOCH)) {
          const name = `${session}/${epoch}`;
          if (isTrace(libc, `${place}/${name}`)) add(name, `${place}/${name}`);
        }
      }
    }
  } catch (error) {
    throw explained(error, "--trace");
  }
  const order = new Intl.Collator("en", { numeric: true });
  return [...folders].sort(([a], [b]) => order.compare(a, b))
    .map(([, each]) => openTrace(libc, each));
}

/**
 * Finds the folders in which `record` has put the traces of one object each, as
 * it does if there are several objects.
 *
 * @param root A folder in which {@linkcode findTraces} found nothing.
 * @returns Names in it, sorted.
 */
export function foldersWithTraces(root: string): string[] {
  using libc = new Libc();
  return namesIn(libc, root).filter((name) => {
    try {
      return namesIn(libc, `${root}/${name}`)
        .some((each) => CHUNK.test(each) || SESSION.test(each));
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      return false; // it is no folder, or cannot be read
    }
  }).sort();
}

/**
 * Opens a trace. The last chunk's information is used for all chunks, because
 * classes are only ever added.
 */
function openTrace(libc: Libc, folders: readonly string[]): RecordedTrace {
  const path = infoPath(folders[folders.length - 1]);
  const paths = new Map<number, string[]>();
  for (const folder of folders) {
    for (const name of matching(libc, folder, RING)) {
      const ring = Number(RING.exec(name)![1]);
      paths.set(ring, [...paths.get(ring) ?? [], `${folder}/${name}`]);
    }
  }
  const streams = [...paths].sort(([a], [b]) => a - b)
    .map(([ring, each]) => ({
      ring,
      ...identity(libc, each[0]),
      paths: each,
    }));
  try {
    using file = new FileReader(libc, path);
    const info = parseTraceInfo(new TextDecoder().decode(file.whole()));
    return { folders, info, streams };
  } catch (error) {
    if (!(error instanceof TraceInfoError)) throw error;
    throw new CommandError(error.message, {
      subject: path,
      todo: "record the trace again",
      cause: error,
    });
  }
}

function identity(
  libc: Libc,
  path: string,
): Pick<RecordedStream, "kind" | "cpu"> {
  const head = new Uint8Array(BLOCK.size);
  using file = new FileReader(libc, path);
  file.fill(head);
  const view = new DataView(head.buffer);
  const kind = view.getUint32(BLOCK.streamId, true);
  const cpu = kind === ABI.KIND_KLOG
    ? ABI.CPU_NONE
    : view.getUint32(BLOCK.cpuId, true);
  return { kind, cpu };
}
