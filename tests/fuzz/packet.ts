// SPDX-License-Identifier: MIT
/**
 * What a CTF tool relies on in a packet, checked without the reader's code.
 *
 * @module
 */
import {
  ABI,
  BLOCK,
  CLOCK,
  KLOG,
  PART,
  RECORD,
  TAKEOVER,
  TASK,
} from "../../ring/layout.ts";
import type { PacketClass } from "../../ring/ctf/packet_classes.ts";

/** What a tool takes a record's payload to be, from its id and its `len`. */
function payloadBytes(
  view: DataView,
  at: number,
  classes: readonly PacketClass[],
): number {
  const id = view.getUint16(at + RECORD.id, true);
  const length = view.getUint16(at + RECORD.len, true);
  const payload = at + RECORD.size;
  switch (id) {
    case ABI.ID_MESSAGE:
    case ABI.ID_OPAQUE:
      return length;
    case ABI.ID_PART:
      return PART.size + view.getUint16(payload + PART.dataBytes, true);
    case ABI.ID_TAKEOVER:
      return TAKEOVER.size;
    case ABI.ID_KLOG:
      return KLOG.size + view.getUint16(payload + KLOG.textBytes, true);
    case ABI.ID_CLOCK:
      return CLOCK.size;
    case ABI.ID_TASK:
      return TASK.size;
  }
  const known = classes.find((each) => each.id === id);
  if (known === undefined) throw new Error(`a packet with unknown id ${id}`);
  // The fixed part, each dynamic field if they follow it, and the tail.
  let bytes = known.format.fixedBytes + length;
  if (!known.placed) return bytes;
  for (const { offset } of known.format.dynamic) {
    bytes += view.getUint32(payload + offset, true) >>> 16;
  }
  return bytes;
}

/**
 * Walks a packet.
 *
 * @param end Time of the last record of the packet before.
 * @param classes What metadata says of kernel events.
 * @returns Time of its own last record.
 * @throws {Error} naming what a tool would stumble over.
 */
export function checkPacket(
  packet: Uint8Array<ArrayBuffer>,
  end: bigint,
  classes: readonly PacketClass[],
): bigint {
  const view = new DataView(
    packet.buffer,
    packet.byteOffset,
    packet.byteLength,
  );
  const must = (right: boolean, what: string) => {
    if (!right) throw new Error(`a packet with ${what}`);
  };
  const content = view.getUint32(BLOCK.contentSize, true) / 8;
  must(view.getUint32(BLOCK.magic, true) === ABI.BLOCK_MAGIC, "wrong magic");
  must(
    view.getUint32(BLOCK.packetSize, true) === packet.length * 8,
    "another size than it says",
  );
  must(content <= packet.length, "content beyond its end");
  must(content >= BLOCK.size, "content within its header");
  let last = end;
  for (let at: number = BLOCK.size; at < content;) {
    must(at + RECORD.size <= content, "half a record header");
    const time = view.getBigUint64(at + RECORD.timestamp, true);
    must(time >= last, "a time that falls");
    last = time;
    const next = at + RECORD.size + payloadBytes(view, at, classes);
    must(next <= content, "a record beyond the content");
    at = next === content ? content : (next + 7) & ~7;
  }
  must(
    view.getBigUint64(BLOCK.timestampEnd, true) === last,
    "another end than its last record's",
  );
  return last;
}
