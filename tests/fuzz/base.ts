// SPDX-License-Identifier: MIT
/**
 * The good region that every case starts from, and a map of what lies where.
 *
 * @module
 */
import { readHeader, type RegionInfo } from "../../ring/header.ts";
import { ABI, BLOCK, RECORD } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/reader.ts";
import { RegionWriter } from "../../ring/writer.ts";
import { drainAll, type Seen } from "../support/regions.ts";
import { Random } from "./random.ts";

const REGION_BYTES = 128 * 1024;
const MESSAGES = 1500;

/** A block that holds records a reader can still get. */
export interface BaseBlock {
  readonly ring: number;
  readonly number: number;
  /** Byte offset in the region. */
  readonly offset: number;
  /** Byte offset in the region of each record's header. */
  readonly records: readonly number[];
}

/** The region, what a reader gets from it, and where it stands. */
export interface Base {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly info: RegionInfo;
  readonly blocks: readonly BaseBlock[];
  /** Messages of one record each, by ring and sequence. */
  readonly messages: ReadonlyMap<string, string>;
}

/** Key of a message in `Base.messages`. */
export function keyOf(message: Pick<Seen, "ring" | "seq">): string {
  return `${message.ring}:${message.seq}`;
}

/** Makes the base: three rings that have lapped, parts and odd ids in them. */
export function makeBase(): Base {
  const buffer = new ArrayBuffer(REGION_BYTES);
  let now = 0x1_0000_0000n - 3000n; // the low half of the time wraps on the way
  const writer = new RegionWriter(buffer, {
    nrTrace: 2,
    klogBytes: 16384,
    sessionId: 0x1234n,
    clock: () => now += 3n,
  });
  fill(writer, new Random(1));
  const info = readHeader(buffer)!;
  const messages = new Map<string, string>();
  for (const seen of drainAll(new RegionReader(buffer.slice(0)))) {
    messages.set(keyOf(seen), seen.text);
  }
  const bytes = new Uint8Array(buffer);
  return { bytes, info, blocks: findBlocks(bytes, info), messages };
}

function fill(writer: RegionWriter, random: Random): void {
  const encoder = new TextEncoder();
  for (let i = 0; i < MESSAGES; i++) {
    const ring = random.below(3);
    const text = `${ring}/${i}:` + "x".repeat(random.below(120));
    const id = random.oneIn(20) ? 1 + random.below(300) : ABI.ID_MESSAGE;
    writer.write(ring, id, encoder.encode(text));
    if (random.oneIn(100)) {
      writer.write(ring, ABI.ID_MESSAGE, encoder.encode(`${i};`.repeat(1000)));
    }
  }
}

/** Blocks whose slot still has their number, but for the open ones. */
function findBlocks(bytes: Uint8Array, info: RegionInfo): BaseBlock[] {
  const view = new DataView(bytes.buffer);
  const blocks: BaseBlock[] = [];
  for (const { index, dataOffset, nrBlocks, blockBytes } of info.rings) {
    for (let slot = 0; slot < nrBlocks; slot++) {
      const offset = dataOffset + slot * blockBytes;
      if (view.getUint32(offset + BLOCK.magic, true) !== ABI.BLOCK_MAGIC) {
        continue;
      }
      const end = view.getUint32(offset + BLOCK.contentSize, true) / 8;
      const records: number[] = [];
      for (let at: number = BLOCK.size; at < end;) {
        records.push(offset + at);
        const next = at + RECORD.size +
          view.getUint16(offset + at + RECORD.len, true);
        at = (next + 7) & ~7;
      }
      const number = Number(
        view.getBigUint64(offset + BLOCK.packetSeqNum, true),
      );
      blocks.push({ ring: index, number, offset, records });
    }
  }
  return blocks;
}
