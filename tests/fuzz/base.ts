// SPDX-License-Identifier: MIT
/**
 * The good region that every case starts from, and a map of what lies where.
 *
 * @module
 */
import { readHeader, type RegionInfo } from "../../ring/header.ts";
import { ABI, BLOCK, RECORD } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordSink } from "../../ring/record_view.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { entry, field, formatText } from "../support/events.ts";
import { drainAll, type Seen } from "../support/regions.ts";
import { gzipped, publishSymbols, SLICE } from "../support/symbols.ts";
import { Random } from "./random.ts";

const REGION_BYTES = 128 * 1024;
const MESSAGES = 1500;
const META_BYTES = 16384;
/** Ids of the events that are described; `restart` describes them again. */
const EVENTS = [400, 401, 402];

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
  /** Records of kernel events that are described, by ring and sequence. */
  readonly events: ReadonlySet<string>;
}

/** Key of a message in `Base.messages`. */
export function keyOf(message: Pick<Seen, "ring" | "seq">): string {
  return `${message.ring}:${message.seq}`;
}

/**
 * Makes the base: three rings that have lapped, parts and odd ids in them.
 *
 * @param described Whether it has metadata, and records of kernel events, of
 * the kernel log and of the clock; the first cases of the corpus are of a
 * region without.
 */
export function makeBase(described: boolean): Base {
  const metaBytes = described ? META_BYTES : 0;
  const buffer = new ArrayBuffer(REGION_BYTES + metaBytes);
  let now = 0x1_0000_0000n - 3000n; // the low half of the time wraps on the way
  const writer = new RegionWriter(buffer, {
    nrTrace: 2,
    klogBytes: 16384,
    metaBytes,
    sessionId: 0x1234n,
    clock: () => now += 3n,
  });
  fill(writer, new Random(1), described);
  const info = readHeader(buffer)!;
  const messages = new Map<string, string>();
  for (const seen of drainAll(new RegionReader(buffer.slice(0)))) {
    messages.set(keyOf(seen), seen.text);
  }
  const bytes = new Uint8Array(buffer);
  const events = describedEvents(buffer);
  return { bytes, info, blocks: findBlocks(bytes, info), messages, events };
}

function describedEvents(buffer: ArrayBuffer): Set<string> {
  const events = new Set<string>();
  const reader = new RegionReader(buffer.slice(0));
  const sink: RecordSink = (record) => {
    if (record.id > ABI.ID_KERNEL_MAX) return;
    if (reader.events.describe(record) === null) return;
    events.add(keyOf({ ring: record.ring.index, seq: record.seq }));
  };
  while (reader.drain(sink).held);
  reader.finish(sink);
  return events;
}

function fill(writer: RegionWriter, random: Random, described: boolean): void {
  const encoder = new TextEncoder();
  for (let i = 0; i < MESSAGES; i++) {
    if (described) tell(writer, random, i);
    const ring = random.below(3);
    const text = `${ring}/${i}:` + "x".repeat(random.below(120));
    const id = random.oneIn(20) ? 1 + random.below(300) : ABI.ID_MESSAGE;
    writer.write(ring, id, encoder.encode(text));
    if (random.oneIn(100)) {
      writer.write(ring, ABI.ID_MESSAGE, encoder.encode(`${i};`.repeat(1000)));
    }
  }
}

/** What a guest's kernel has to tell. */
function tell(writer: RegionWriter, random: Random, i: number): void {
  if (i === 0) {
    writer.announce(1n, ABI.ANNOUNCE_START);
    describeAll(writer);
  }
  if (i === MESSAGES - MESSAGES / 4) {
    writer.restart();
    describeAll(writer);
  }
  if (random.oneIn(200)) writer.announce(BigInt(i), ABI.ANNOUNCE_STEP);
  if (random.oneIn(3)) {
    const seq = BigInt(i);
    writer.log({ seq, skipped: random.below(2), text: `line ${i}` });
  }
  if (random.oneIn(2)) {
    const id = random.pick(EVENTS);
    const fields = Uint8Array.fromHex(
      "01000000" + "2000050028000400" + "6e616d65" + "0".repeat(24) +
        "68656c6c6f000000" + "07000800",
    );
    writer.write(random.below(2), id, entry(fields, { id }));
  }
}

function describeAll(writer: RegionWriter): void {
  const fields = [
    field("u32 a", 8, 4),
    field("__data_loc char[] text", 12, 4),
    field("__data_loc u16[] list", 16, 4),
    field("char name[8]", 20, 8),
    field("u32 b", 28, 4),
  ];
  const prints = [
    '"a=%d text=%s name=%-10s", REC->a, __get_str(text), REC->name',
    '"%s %p", __print_flags(REC->a, "|", { 1, "ONE" }, { 2, "TWO" }), REC->b',
    "beyond us",
  ];
  EVENTS.forEach((id, i) =>
    writer.describe(id, formatText(fields, { id, print: prints[i] }))
  );
  publishSymbols(writer, [gzipped(SLICE), "@400000\n40 low\n"]);
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
