// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertThrows } from "@std/assert";
import { RingFormatError } from "../../ring/errors.ts";
import {
  ABI,
  BLOCK,
  RECORD,
  REGION_HEADER,
  RING_DESC,
  RING_LIVE,
} from "../../ring/layout.ts";
import { Batch } from "../../ring/batch.ts";
import { readHeader } from "../../ring/header.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { RingReader } from "../../ring/ring_reader.ts";
import { SharedWords } from "../../ring/shared_words.ts";
import { Totals } from "../../ring/totals.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import {
  collect,
  drainAll,
  makeRegion,
  reseal,
  say,
} from "../support/regions.ts";

/** Returns the byte offset of a ring's block. */
function blockAt(reader: RegionReader, ring: number, block: number): number {
  const { dataOffset, nrBlocks, blockBytes } = reader.info.rings[ring];
  return dataOffset + (block % nrBlocks) * blockBytes;
}

Deno.test("what was written is read, once, merged by time", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  for (let i = 0; i < 30; i++) say(writer, i % 3, `line ${i}`);
  const seen = drainAll(reader);
  assertEquals(
    seen.map((s) => s.text),
    Array.from({ length: 30 }, (_, i) => `line ${i}`),
  );
  assertEquals(drainAll(reader), []);
  say(writer, 1, "one more");
  assertEquals(drainAll(reader).map((s) => [s.seq, s.text]), [[
    10,
    "one more",
  ]]);
  assertEquals(reader.totals.late, 0);
});

Deno.test("records wait one round for those of other rings", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  const { seen, sink } = collect();
  say(writer, 0, "first");
  const round = reader.drain(sink);
  assertEquals([round.records, round.held, seen.length], [0, true, 0]);
  assertEquals(reader.drain(sink).records, 1);
});

Deno.test("what comes too late is delivered and counted", () => {
  const { buffer } = makeRegion();
  const times = [10n, 20n, 15n];
  const clock = () => times.shift() ?? 30n;
  const start = 5n;
  times.unshift(start);
  const writer = new RegionWriter(buffer, { nrTrace: 2, clock });
  const reader = new RegionReader(buffer);
  const { seen, sink } = collect();
  say(writer, 0, "a");
  say(writer, 0, "b");
  reader.drain(sink);
  reader.drain(sink);
  say(writer, 1, "c");
  reader.drain(sink);
  reader.drain(sink);
  assertEquals(seen.map((s) => s.text), ["a", "b", "c"]);
  assertEquals(reader.totals.late, 1);
});

Deno.test("exactly full blocks and every padding come through", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1 });
  const reader = new RegionReader(buffer);
  const texts: string[] = [];
  // Records of 48 bytes fill a block of 4096 - 64 bytes exactly: 84 of them.
  for (let i = 0; i < 84 * 3; i++) texts.push("x".repeat(32));
  for (let n = 0; n < 40; n++) texts.push("y".repeat(n));
  const got: string[] = [];
  for (const text of texts) {
    say(writer, 0, text);
    got.push(...drainAll(reader).map((s) => s.text));
  }
  assertEquals(got, texts);
  assertEquals(reader.totals.corrupt, 0);
});

Deno.test("an overrun is counted exactly, from sequence numbers", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  say(writer, 0, "first");
  const before = drainAll(reader).length;
  for (let i = 0; i < 50_000; i++) say(writer, 0, `record ${i}`);
  const after = drainAll(reader);
  const { totals } = reader;
  assert(totals.lost > 40_000);
  assertEquals(before + after.length + totals.lost, 50_001);
  assertEquals(after.at(-1)?.text, "record 49999");
  for (let i = 1; i < after.length; i++) {
    assertEquals(after[i].seq, after[i - 1].seq + 1);
  }
});

Deno.test("what was gone before the reader came is missed, not lost", () => {
  const { buffer, writer } = makeRegion();
  for (let i = 0; i < 50_000; i++) say(writer, 0, `record ${i}`);
  const reader = new RegionReader(buffer);
  const seen = drainAll(reader);
  assertEquals(reader.totals.lost, 0);
  assertEquals(seen.length + reader.totals.missed, 50_000);
});

Deno.test("a slot with another block's number is not read", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  for (let i = 0; i < 300; i++) say(writer, 0, `record ${i}`);
  const at = blockAt(reader, 0, 2);
  new DataView(buffer).setBigUint64(at + BLOCK.packetSeqNum, 999n, true);
  const seen = drainAll(reader);
  assert(reader.totals.lost > 50);
  assertEquals(seen.length + reader.totals.lost, 300);
  assertEquals(reader.totals.corrupt, 0);
});

/** Each way in which a block can be broken: the field, and the change. */
const BROKEN: [name: string, bend: (view: DataView, block: number) => void][] =
  [
    ["magic", (v, b) => v.setUint32(b + BLOCK.magic, 1, true)],
    ["stream", (v, b) => v.setUint32(b + BLOCK.streamId, 1, true)],
    ["cpu", (v, b) => v.setUint32(b + BLOCK.cpuId, 3, true)],
    ["packet size", (v, b) => v.setUint32(b + BLOCK.packetSize, 8, true)],
    [
      "first_seq out of bounds",
      (v, b) => v.setUint32(b + BLOCK.firstSeq + 4, 0x100000, true),
    ],
    [
      "content beyond the block",
      (v, b) => v.setUint32(b + BLOCK.contentSize, 4097 * 8, true),
    ],
    [
      "content within the header",
      (v, b) => v.setUint32(b + BLOCK.contentSize, 63 * 8, true),
    ],
    [
      "content of odd bits",
      (v, b) => v.setUint32(b + BLOCK.contentSize, 4000 * 8 + 1, true),
    ],
    [
      "content ends within a record",
      (v, b) => v.setUint32(b + BLOCK.contentSize, 150 * 8, true),
    ],
    [
      "record longer than the content",
      (v, b) => v.setUint16(b + BLOCK.size + RECORD.len, 65535, true),
    ],
    ["record id 0", (v, b) => v.setUint16(b + BLOCK.size + RECORD.id, 0, true)],
    [
      "record out of sequence",
      (v, b) => v.setUint32(b + BLOCK.size + RECORD.seq, 7, true),
    ],
    [
      "time falling",
      (v, b) => v.setUint32(b + BLOCK.size + 32 + RECORD.timestamp, 0, true),
    ],
  ];

for (const [name, bend] of BROKEN) {
  Deno.test(`a broken block costs that block: ${name}`, () => {
    const { buffer, writer } = makeRegion();
    const reader = new RegionReader(buffer);
    for (let i = 0; i < 500; i++) say(writer, 0, `record ${i}`);
    bend(new DataView(buffer), blockAt(reader, 0, 3));
    const seen = drainAll(reader);
    assertEquals(reader.totals.corrupt, 1);
    assert(reader.totals.lost > 0 && reader.totals.lost <= 126, name);
    assertEquals(seen.length + reader.totals.lost, 500);
    // All that was good was delivered, in order.
    const texts = new Set(seen.map((s) => s.text));
    assertEquals(texts.size, seen.length);
    for (const { seq, text } of seen) assertEquals(text, `record ${seq}`);
  });
}

Deno.test("a first record from the future costs its block, not the ring", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  for (let i = 0; i < 500; i++) say(writer, 0, `record ${i}`);
  const at = blockAt(reader, 0, 3) + BLOCK.size + RECORD.timestamp;
  new DataView(buffer).setUint32(at + 4, 1, true);
  const seen = drainAll(reader);
  assertEquals(reader.totals.corrupt, 1);
  assertEquals(seen.length + reader.totals.lost, 500);
  assertEquals(seen.at(-1)?.text, "record 499");
});

Deno.test("a last record from the future costs nothing", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  for (let i = 0; i < 500; i++) say(writer, 0, `record ${i}`);
  // The records of 32 bytes fill the 4032 bytes: the last one is at 4064.
  const at = blockAt(reader, 0, 3) + 4064 + RECORD.timestamp;
  new DataView(buffer).setUint32(at + 4, 1, true);
  assertEquals(drainAll(reader).length, 500);
  assertEquals(reader.totals.corrupt, 0);
});

Deno.test("commit words that cannot be are counted once, not followed", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  say(writer, 0, "good");
  const at = reader.info.rings[0].descOffset + RING_DESC.live +
    RING_LIVE.commit;
  const view = new DataView(buffer);
  const good = view.getBigUint64(at, true);
  for (const word of [0n, 1n << 52n, (1n << 64n) - 1n]) {
    view.setBigUint64(at, word, true);
    for (let round = 0; round < 3; round++) assertEquals(drainAll(reader), []);
    view.setBigUint64(at, good, true);
    drainAll(reader);
  }
  assertEquals([reader.totals.corrupt, reader.totals.records], [3, 1]);
});

/** Returns a text whose record has 32 bytes; 126 of these fill a block. */
const line = (i: number) => `line ${String(i).padStart(7)}`;

const ring0 = (reader: RegionReader) => reader.info.rings[0];

for (const pad of [0, 1, 4, 7]) {
  Deno.test(`an exactly full newest block hides no other: padding ${pad}`, () => {
    const { buffer, writer } = makeRegion();
    const { nrBlocks } = ring0(new RegionReader(buffer));
    // Two of the largest records fill a block.
    const text = "x".repeat(writer.maxPayloadBytes - pad);
    for (let i = 0; i < 2 * (nrBlocks + 5); i++) say(writer, 0, text);
    const reader = new RegionReader(buffer);
    assertEquals(drainAll(reader).length, 2 * nrBlocks);
    assertEquals(reader.totals.missed, 10);
  });
}

/** Adds a number to all sequences of a ring. */
function renumber(buffer: ArrayBuffer, by: bigint): void {
  const view = new DataView(buffer);
  const { dataOffset, nrBlocks, blockBytes, descOffset } =
    readHeader(buffer)!.rings[0];
  const add = (at: number) =>
    view.setBigUint64(at, view.getBigUint64(at, true) + by, true);
  for (let slot = 0; slot < nrBlocks; slot++) {
    const block = dataOffset + slot * blockBytes;
    if (view.getUint32(block + BLOCK.magic, true) === 0) continue;
    add(block + BLOCK.firstSeq);
    for (let at = block + BLOCK.size; at < block + blockBytes;) {
      const seq = view.getUint32(at + RECORD.seq, true);
      view.setUint32(at + RECORD.seq, seq + Number(by % 2n ** 32n), true);
      const next = at + RECORD.size + view.getUint16(at + RECORD.len, true);
      at = (next + 7) & ~7;
    }
  }
  add(descOffset + RING_DESC.live + RING_LIVE.commitSeq);
}

Deno.test("records with sequences at the limit are refused", () => {
  const { buffer, writer } = makeRegion();
  for (let i = 0; i < 100; i++) say(writer, 0, line(i));
  renumber(buffer, BigInt(ABI.POSITION_LIMIT) - 50n);
  const reader = new RegionReader(buffer);
  const seen = drainAll(reader);
  assertEquals(seen.length, 50);
  assertEquals(seen.at(-1)!.seq, ABI.POSITION_LIMIT - 1);
  assertEquals(reader.totals.corrupt, 1);
  assertEquals(reader.cursor(), null, "no cursor could be loaded again");
});

for (const by of [2n ** 32n, -(2n ** 32n), 1n << 51n]) {
  for (const block of [1, 2, 3, 4]) {
    Deno.test(`a first_seq that is off by ${by} costs block ${block}`, () => {
      const { buffer, writer } = makeRegion();
      // The sequences are so high that they can be off in both directions.
      for (let i = 0; i < 499; i++) say(writer, 0, line(i));
      renumber(buffer, 1n << 40n);
      const view = new DataView(buffer);
      const at = blockAt(new RegionReader(buffer), 0, block) + BLOCK.firstSeq;
      view.setBigUint64(at, view.getBigUint64(at, true) + by, true);
      const reader = new RegionReader(buffer);
      const seen = drainAll(reader);
      const { lost, missed, corrupt, rewound } = reader.totals;
      assertEquals([corrupt, rewound], [1, 0]);
      const held = block === 4 ? 499 - 3 * 126 : 126;
      assertEquals(seen.length, 499 - held);
      // Behind the last block nothing shows yet what is lost.
      assertEquals(lost + missed, 2 ** 40 + (block === 4 ? 0 : held));
    });
  }
}

Deno.test("a first_seq that is off where a reader attaches is not believed", () => {
  const { buffer, writer } = makeRegion();
  const { nrBlocks } = ring0(new RegionReader(buffer));
  const each = 126;
  for (let i = 0; i < (nrBlocks + 3) * each; i++) say(writer, 0, line(i));
  const view = new DataView(buffer);
  const oldest = blockAt(new RegionReader(buffer), 0, 4) + BLOCK.firstSeq;
  view.setBigUint64(oldest, view.getBigUint64(oldest, true) + 2n ** 32n, true);
  const reader = new RegionReader(buffer);
  assertEquals(drainAll(reader).length, (nrBlocks - 1) * each);
  const { lost, missed, corrupt, rewound } = reader.totals;
  assertEquals([lost, missed, corrupt, rewound], [0, 4 * each, 0, 0]);
});

Deno.test("a commit_seq that is off costs nothing", () => {
  const { buffer, writer } = makeRegion();
  const { nrBlocks, descOffset } = ring0(new RegionReader(buffer));
  for (let i = 0; i < (nrBlocks + 3) * 126; i++) say(writer, 0, line(i));
  const at = descOffset + RING_DESC.live + RING_LIVE.commitSeq;
  for (const seq of [0n, 1n << 40n, 1n << 60n]) {
    new DataView(buffer).setBigUint64(at, seq, true);
    const reader = new RegionReader(buffer);
    assertEquals(drainAll(reader).length, nrBlocks * 126);
    const { lost, missed, corrupt } = reader.totals;
    assertEquals([lost, missed, corrupt], [0, 3 * 126, 0]);
  }
});

Deno.test("positions that go back are noticed and followed", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  for (let i = 0; i < 200; i++) say(writer, 0, `record ${i}`);
  const snapshot = new Uint8Array(buffer.slice(0));
  for (let i = 200; i < 1000; i++) say(writer, 0, `record ${i}`);
  drainAll(reader);
  new Uint8Array(buffer).set(snapshot);
  const again = drainAll(reader);
  assert(reader.totals.rewound > 0);
  assertEquals(again.at(-1)?.text, "record 199");
});

for (const more of [1, 300]) {
  Deno.test(`a ring put back by little is read again (${more} more)`, () => {
    const [old, other] = [0, 1].map(() => {
      const region = makeRegion({ sessionId: 5n });
      for (let i = 0; i < 200; i++) say(region.writer, 0, `record ${i}`);
      return region;
    });
    const reader = new RegionReader(old.buffer);
    for (let i = 0; i < 3; i++) say(old.writer, 0, `old ${i}`);
    drainAll(reader);
    // One record ends below the cursor, many go beyond it.
    for (let i = 0; i < more; i++) say(other.writer, 0, `another ${i}`);
    // All but the header is copied; the header stays the same if memory is put
    // back.
    const { size } = REGION_HEADER;
    new Uint8Array(old.buffer, size).set(new Uint8Array(other.buffer, size));
    const texts = drainAll(reader).map((s) => s.text);
    assertEquals(reader.totals.rewound, 1);
    assertEquals(reader.totals.corrupt, 0);
    assertEquals(
      texts.filter((text) => text.startsWith("another")),
      Array.from({ length: more }, (_, i) => `another ${i}`),
    );
  });
}

Deno.test("a new session is followed after reattach", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  say(writer, 0, "old");
  const { seen, sink } = collect();
  reader.drain(sink);
  const next = new RegionWriter(buffer, { nrTrace: 1 });
  say(next, 0, "new");
  assert(reader.drain(sink).reformatted);
  assert(reader.reattach(sink));
  reader.drain(sink);
  reader.drain(sink);
  assertEquals(seen.map((s) => s.text), ["old", "new"]);
  assertEquals(reader.totals.sessions, 1);
});

Deno.test("another epoch of the session keeps the cursors", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  say(writer, 0, "before");
  assertEquals(drainAll(reader).length, 1);
  const view = new DataView(buffer);
  view.setBigUint64(REGION_HEADER.magic, 0n, true);
  const { seen, sink } = collect();
  assert(reader.drain(sink).reformatted);
  assertEquals(reader.reattach(sink), false);
  view.setUint32(REGION_HEADER.epoch, 1, true);
  view.setBigUint64(REGION_HEADER.magic, ABI.MAGIC, true);
  reseal(buffer);
  say(writer, 0, "after");
  assert(reader.reattach(sink));
  reader.drain(sink);
  reader.drain(sink);
  assertEquals(seen.map((s) => s.text), ["after"]);
  assertEquals(reader.totals.sessions, 0);
});

Deno.test("what was copied while the session changed is not looked at", () => {
  const { buffer, writer } = makeRegion();
  say(writer, 0, "of another session");
  const ring = readHeader(buffer)!.rings[0];
  const words = new SharedWords(buffer);
  const totals = new Totals();
  let holds = false;
  const reader = new RingReader(
    new Uint8Array(buffer),
    words,
    ring,
    totals,
    () => holds,
  );
  const batch = new Batch(4, ring.blockBytes);
  assertEquals([reader.drain(batch), batch.count], [false, 0]);
  holds = true;
  assertEquals([reader.drain(batch), batch.count], [false, 1]);
});

Deno.test("an unformatted region is an error for a reader", () => {
  assertThrows(
    () => new RegionReader(new ArrayBuffer(1 << 18)),
    RingFormatError,
    "no guest has formatted",
  );
});
