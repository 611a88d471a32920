// SPDX-License-Identifier: MIT
/**
 * Structure-aware mutations of a good region. A case is a list of patches, so
 * that one that found something can be kept as it is.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import {
  BLOCK,
  CLOCK,
  KLOG,
  LIVE,
  META,
  META_ENTRY,
  PART,
  RECORD,
  REGION_HEADER,
  RING_DESC,
  RING_GEOMETRY,
  RING_LIVE,
} from "../../ring/layout.ts";
import type { Base, BaseBlock } from "./base.ts";
import {
  claimedPart,
  farTime,
  padding,
  putBack,
  sequenceJump,
} from "./lies.ts";
import { littleEndian, type Patch } from "./patch.ts";
import type { Random } from "./random.ts";

/** What a case does to the region. */
export interface Case {
  /** Whether the region has metadata; not in the oldest cases. */
  readonly described?: boolean;
  readonly patches: Patch[];
  /** Whether the header's checksum is made right afterwards. */
  readonly resealed: boolean;
  /** Bytes of the object; less than the region in some. */
  readonly objectBytes: number;
  /** Applied between two rounds of the reader: the guest goes on writing. */
  readonly later: Patch[];
}

/** Values at which code breaks, if anywhere. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  7n,
  8n,
  63n,
  64n,
  4095n,
  4096n,
  65535n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 52n,
  (1n << 52n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];

/** Makes the case of one seed. */
export function makeCase(base: Base, random: Random): Case {
  const patches: Patch[] = [];
  const later: Patch[] = [];
  const count = 1 + random.below(4);
  for (let i = 0; i < count; i++) patches.push(mutate(base, random));
  if (random.oneIn(4)) later.push(mutate(base, random));
  return {
    described: true,
    patches,
    later,
    resealed: !random.oneIn(8),
    objectBytes: random.oneIn(50)
      ? random.below(base.bytes.length / 8) * 8
      : base.bytes.length,
  };
}

function mutate(base: Base, random: Random): Patch {
  switch (random.below(32)) {
    case 0:
      return random.oneIn(8)
        ? session(random)
        : field(base, random, 0, REGION_HEADER);
    case 1:
      return field(base, random, descOf(base, random), RING_GEOMETRY);
    case 2:
      return field(base, random, base.info.liveOffset, LIVE);
    case 3:
    case 4:
    case 5:
      return field(
        base,
        random,
        descOf(base, random) + RING_DESC.live,
        RING_LIVE,
      );
    case 6:
    case 7:
    case 8:
      return field(base, random, blockOf(base, random).offset, BLOCK);
    case 9:
    case 10:
    case 11:
      return field(base, random, recordOf(base, random), RECORD);
    case 12:
      return field(base, random, recordOf(base, random) + RECORD.size, PART);
    case 13:
      return copyBlock(base, random);
    case 14:
      return field(base, random, partOf(base, random), META);
    case 15:
      return field(base, random, entryOf(base, random), META_ENTRY);
    case 16:
    case 17:
    case 18:
      return text(base, random);
    case 19:
      return field(base, random, recordOf(base, random) + RECORD.size, KLOG);
    case 20:
      return field(base, random, recordOf(base, random) + RECORD.size, CLOCK);
    case 21:
    case 22:
      return bytesAt(recordOf(base, random) + RECORD.size, random, 24);
    case 23:
      return bytesAt(random.below(base.bytes.length - 64), random, 64);
    case 24:
    case 25:
      return claimedPart(base, random, recordOf(base, random));
    case 26:
      return padding(base, random);
    case 27:
    case 28:
      return farTime(random, recordOf(base, random));
    case 29:
      return sequenceJump(blockOf(base, random), base, random);
    case 30:
      return putBack(blockOf(base, random), base);
    default:
      return bytesAt(blockOf(base, random).offset, random, 512);
  }
}

/** Another session, or the impossible one. */
function session(random: Random): Patch {
  const id = random.oneIn(4) ? 0n : BigInt(1 + random.next());
  return { offset: REGION_HEADER.sessionId, bytes: littleEndian(id, 8) };
}

function partOf({ info }: Base, random: Random): number {
  return info.metaOffset + random.below(2) * info.metaPartBytes;
}

/** One of the entries of a part. */
function entryOf(base: Base, random: Random): number {
  const view = new DataView(base.bytes.buffer);
  let at = partOf(base, random) + META.size;
  for (let skip = random.below(6); skip > 0; skip--) {
    const bytes = view.getUint32(at + META_ENTRY.textBytes, true);
    at = (at + META_ENTRY.size + bytes + 7) & ~7;
  }
  return at;
}

/** Words that mean something in a format text, or in one of symbols. */
const WORDS = [
  ...["0", "8", "65535", "65536", "99999", "-1", ";", "\n", "\t", "[", "]"],
  ...["__data_loc", "__rel_loc", "char", "u64", "struct", "*", "field:", "%s"],
  ...['"', "REC->a", "REC->", "__get_str(", "__print_flags(", "{", "}", "?"],
  ...["(", ")", "%999s", "%*d", "\\", "common_pid", "\u0000", "\u00ff"],
  ...[
    "@",
    "@ffffffff81000000\n",
    "\n10 name\n",
    "\n10\n",
    "slices: 9",
    "\n[a]\n",
  ],
];

/** A text bent in one place, with a checksum that is right again. */
function text(base: Base, random: Random): Patch {
  const offset = entryOf(base, random);
  const bytes = base.bytes.slice(offset, offset + META_ENTRY.size + 600);
  const view = new DataView(bytes.buffer);
  const length = Math.min(600, view.getUint32(META_ENTRY.textBytes, true));
  const word = new TextEncoder().encode(random.pick(WORDS));
  const at = META_ENTRY.size + random.below(Math.max(1, length - word.length));
  bytes.set(word, at);
  const whole = bytes.subarray(META_ENTRY.size, META_ENTRY.size + length);
  view.setUint32(META_ENTRY.checksum, crc32(whole), true);
  return { offset, bytes: [...bytes.subarray(0, META_ENTRY.size + length)] };
}

function descOf(base: Base, random: Random): number {
  return random.pick(base.info.rings).descOffset;
}

function blockOf(base: Base, random: Random): BaseBlock {
  return random.pick(base.blocks);
}

function recordOf(base: Base, random: Random): number {
  const { records, offset } = blockOf(base, random);
  return records.length > 0 ? random.pick(records) : offset + BLOCK.size;
}

/** One field of a struct: an edge, a bit, or a little more or less. */
function field(
  base: Base,
  random: Random,
  struct: number,
  table: Readonly<Record<string, number>>,
): Patch {
  const names = Object.keys(table).filter((name) => name !== "size");
  const name = random.pick(names);
  const ends = names.map((each) => table[each]).concat(table.size);
  const start = table[name];
  const end = Math.min(...ends.filter((each) => each > start));
  const size = Math.min(8, end - start);
  const offset = struct + start;
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) {
    value = value << 8n | BigInt(base.bytes[offset + i]);
  }
  switch (random.below(4)) {
    case 0:
      value = random.pick(EDGES);
      break;
    case 1:
      value ^= 1n << BigInt(random.below(size * 8));
      break;
    case 2:
      value += BigInt(random.below(17) - 8);
      break;
    default:
      value = BigInt(random.next()) << 32n | BigInt(random.next());
  }
  return { offset, bytes: littleEndian(value, size) };
}

/** A block over another one's slot, or a stale copy of itself. */
function copyBlock(base: Base, random: Random): Patch {
  const from = blockOf(base, random).offset;
  const { offset } = blockOf(base, random);
  const bytes = [...base.bytes.subarray(from, from + base.info.blockBytes)];
  return { offset, bytes };
}

function bytesAt(offset: number, random: Random, most: number): Patch {
  const bytes = Array.from(
    { length: 1 + random.below(most) },
    () => random.oneIn(4) ? 0xff : random.below(256),
  );
  return { offset, bytes };
}
