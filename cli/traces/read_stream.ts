// SPDX-License-Identifier: MIT
/**
 * Reads a stream of a recorded trace, packet by packet.
 *
 * @module
 */
import { FileReader } from "../../ffi/file_reader.ts";
import type { Libc } from "../../ffi/libc.ts";
import { BLOCK } from "../../ring/layout.ts";
import {
  PACKET_BYTES_MAX,
  packetLength,
  PacketReader,
  type StreamSink,
} from "../../ring/ctf/packet_reader.ts";
import type { RecordedStream } from "./find_traces.ts";
import type { TraceInfo } from "./trace_info.ts";

/** The outcome of reading a stream. */
export interface StreamEnd {
  /**
   * Whether the stream consists of packets to its end. If not, everything
   * before the first invalid packet was delivered.
   */
  readonly whole: boolean;
  /** How many parts were dropped because they contradict their message. */
  readonly contradictions: number;
}

/** Reads a stream from its beginning to its end. */
export function readStream(
  libc: Libc,
  { paths, kind, cpu }: RecordedStream,
  { classes }: TraceInfo,
  sink: StreamSink,
): StreamEnd {
  const memory = new Uint8Array(PACKET_BYTES_MAX);
  const head = new DataView(memory.buffer, 0, BLOCK.size);
  let whole = true;
  let contradictions = 0;
  for (const path of paths) {
    // In each file loss is counted from 0 again.
    const reader = new PacketReader({ kind, cpu }, classes, sink);
    using file = new FileReader(libc, path);
    while (file.fill(memory.subarray(0, BLOCK.size))) {
      const length = packetLength(head);
      const packet = memory.subarray(0, length?.packetBytes ?? 0);
      whole &&= length !== null && file.fill(packet.subarray(BLOCK.size)) &&
        reader.packet(packet, length.contentBytes);
      if (!whole) break;
    }
    reader.end();
    contradictions += reader.contradictions;
  }
  return { whole, contradictions };
}
