// SPDX-License-Identifier: MIT
/**
 * Makes regions for tests with the small writer, and damages them on purpose.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import {
  ABI,
  PART,
  REGION_HEADER,
  RING_DESC,
  RING_GEOMETRY,
} from "../../ring/layout.ts";
import type { RegionReader } from "../../ring/region_reader.ts";
import type { RecordSink } from "../../ring/record_view.ts";
import { RegionWriter, type WriterOptions } from "../../ring/writer/writer.ts";

const encoder = new TextEncoder();

/**
 * Makes a region of `bytes` (256 KiB) and its writer, whose clock counts by
 * one.
 */
export function makeRegion(
  options: Partial<WriterOptions> = {},
  bytes = 1 << 18,
): { buffer: ArrayBuffer; writer: RegionWriter } {
  const buffer = new ArrayBuffer(bytes);
  let now = 1000n;
  const clock = () => ++now;
  return {
    buffer,
    writer: new RegionWriter(buffer, { nrTrace: 2, clock, ...options }),
  };
}

/** Writes a message. */
export function say(writer: RegionWriter, ring: number, text: string): void {
  writer.write(ring, ABI.ID_MESSAGE, encoder.encode(text));
}

/** Makes a part of a split message as a guest would write it. */
export function part(
  firstSeq: number,
  offset: number,
  total: number,
  text: string,
): Uint8Array {
  const bytes = new Uint8Array(PART.size + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(PART.firstSeq, firstSeq, true);
  view.setUint32(PART.offsetBytes, offset, true);
  view.setUint32(PART.totalBytes, total, true);
  view.setUint16(PART.id, ABI.ID_MESSAGE, true);
  view.setUint16(PART.dataBytes, text.length, true);
  bytes.set(encoder.encode(text), PART.size);
  return bytes;
}

/** Corrects the header's checksum after the header was changed. */
export function reseal(buffer: ArrayBuffer): void {
  const view = new DataView(buffer);
  const nrRings = Math.min(
    view.getUint32(REGION_HEADER.nrRings, true),
    ABI.RINGS_MAX,
  );
  const ringsOffset = view.getUint32(REGION_HEADER.ringsOffset, true);
  view.setUint32(REGION_HEADER.checksum, 0, true);
  let crc = crc32(new Uint8Array(buffer, 0, REGION_HEADER.size));
  for (let i = 0; i < nrRings; i++) {
    const at = ringsOffset + i * RING_DESC.size;
    if (at + RING_GEOMETRY.size > buffer.byteLength) break;
    crc = crc32(new Uint8Array(buffer, at, RING_GEOMETRY.size), crc);
  }
  view.setUint32(REGION_HEADER.checksum, crc, true);
}

/** A message in the form that tests compare. */
export interface Seen {
  ring: number;
  seq: number;
  id: number;
  text: string;
  time: number;
}

/** Makes a sink that keeps copies, and the list that they go to. */
export function collect(): { seen: Seen[]; sink: RecordSink } {
  const seen: Seen[] = [];
  const sink: RecordSink = (r) => {
    const { payloadOffset: at, payloadBytes } = r;
    seen.push({
      ring: r.ring.index,
      seq: r.seq,
      id: r.id,
      text: new TextDecoder().decode(r.bytes.subarray(at, at + payloadBytes)),
      time: r.timeHigh * 2 ** 32 + r.timeLow,
    });
  };
  return { seen, sink };
}

/** Reads until nothing is left, and returns everything. */
export function drainAll(reader: RegionReader): Seen[] {
  const { seen, sink } = collect();
  while (true) {
    const { more, held } = reader.drain(sink);
    if (!more && !held) break;
  }
  reader.finish(sink);
  return seen;
}
