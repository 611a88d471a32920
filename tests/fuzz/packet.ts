// SPDX-License-Identifier: MIT
/**
 * What a CTF tool relies on in a packet, checked without the reader's code.
 *
 * @module
 */
import { ABI, BLOCK, PART, RECORD } from "../../ring/layout.ts";

const KNOWN = new Set<number>([
  ABI.ID_MESSAGE,
  ABI.ID_PART,
  ABI.ID_TAKEOVER,
  ABI.ID_OPAQUE,
]);

/**
 * Walks a packet.
 *
 * @param end Time of the last record of the packet before.
 * @returns Time of its own last record.
 * @throws {Error} naming what a tool would stumble over.
 */
export function checkPacket(
  packet: Uint8Array<ArrayBuffer>,
  end: bigint,
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
    const id = view.getUint16(at + RECORD.id, true);
    const length = view.getUint16(at + RECORD.len, true);
    must(time >= last, "a time that falls");
    must(KNOWN.has(id), `unknown id ${id}`);
    must(at + RECORD.size + length <= content, "a record beyond the content");
    if (id === ABI.ID_PART) {
      const data = view.getUint16(at + RECORD.size + PART.dataBytes, true);
      must(data + PART.size === length, "a part of another length");
    }
    last = time;
    const next = at + RECORD.size + length;
    at = next === content ? content : (next + 7) & ~7;
  }
  must(
    view.getBigUint64(BLOCK.timestampEnd, true) === last,
    "another end than its last record's",
  );
  return last;
}
