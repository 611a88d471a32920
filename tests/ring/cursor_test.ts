// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  CursorError,
  cursorFromJson,
  cursorToJson,
  type RegionCursor,
  type RingCursor,
} from "../../ring/cursor.ts";
import { readHeader } from "../../ring/header.ts";
import { ABI, RING_DESC, RING_LIVE } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RegionWriter } from "../../ring/writer/writer.ts";
import {
  collect,
  drainAll,
  makeRegion,
  part,
  say,
  type Seen,
} from "../support/regions.ts";

const BLOCK_BYTES = 4096;

/**
 * Returns a cursor as it passes from a process that ends to another that
 * begins.
 */
function handedOn(cursor: RegionCursor | null): RegionCursor {
  assert(cursor !== null);
  return cursorFromJson(JSON.parse(JSON.stringify(cursorToJson(cursor))));
}

function resumed(buffer: ArrayBuffer, cursor: RegionCursor): RegionReader {
  const reader = new RegionReader(buffer, undefined, cursor);
  assertEquals(reader.resumed, true);
  assertEquals(reader.doubts, []);
  return reader;
}

/** Reads on, but leaves unfinished messages to the next reader. */
function drainWhole(reader: RegionReader): string[] {
  const { seen, sink } = collect();
  while (reader.drain(sink).more);
  reader.finish(sink, false);
  return seen.map((each) => each.text);
}

Deno.test("a reader goes on where another was, and counts from there", () => {
  const { buffer, writer } = makeRegion();
  const first = new RegionReader(buffer);
  for (let i = 0; i < 500; i++) say(writer, i % 3, `a${i}`);
  assertEquals(drainAll(first).length, 500);
  for (let i = 0; i < 500; i++) say(writer, i % 3, `b${i}`);
  const second = resumed(buffer, handedOn(first.cursor()));
  assertEquals(
    drainAll(second).map((each) => each.text),
    Array.from({ length: 500 }, (_, i) => `b${i}`),
  );
  const { records, lost, missed, rewound } = second.totals;
  assertEquals([records, lost, missed, rewound], [500, 0, 0, 0]);
});

Deno.test("taken at any record, nothing is lost and nothing comes twice", () => {
  const { buffer, writer } = makeRegion();
  let n = 0;
  const text = () => `${n++};`.padEnd(n % 50 === 0 ? 9000 : n % 70, ".");
  const all: Record<number, string[]> = { 0: [], 1: [], 2: [] };
  for (let i = 0; i < 700; i++) {
    const message = text();
    all[i % 3].push(message);
    say(writer, i % 3, message);
  }
  let cursor: RegionCursor | null = null;
  const got: Record<number, string[]> = { 0: [], 1: [], 2: [] };
  while (true) {
    // Each reader delivers a few and dies. The last cursor counts, as it does
    // on a disk.
    const reader: RegionReader = new RegionReader(buffer, undefined, cursor);
    assertEquals(reader.doubts, []);
    const { seen, sink } = collect();
    const stop = new Error("killed");
    let left = 1 + n++ % 37;
    try {
      const step = (record: Parameters<typeof sink>[0]) => {
        if (left-- === 0) {
          cursor = handedOn(reader.cursor());
          throw stop;
        }
        sink(record);
      };
      while (reader.drain(step).more);
      reader.finish(step);
    } catch (error) {
      if (error !== stop) throw error;
    }
    for (const { ring, text } of seen) got[ring].push(text);
    assertEquals(reader.totals.lost + reader.totals.missed, 0);
    if (left >= 0) break;
  }
  assertEquals(got, all);
});

Deno.test("what was overwritten meanwhile is lost, exactly", () => {
  const { buffer, writer } = makeRegion();
  const first = new RegionReader(buffer);
  for (let i = 0; i < 100; i++) say(writer, 0, "early");
  drainAll(first);
  const cursor = handedOn(first.cursor());
  for (let i = 0; i < 20_000; i++) say(writer, 0, `later ${i}`);
  const second = resumed(buffer, cursor);
  const { length } = drainAll(second);
  assert(length > 0 && length < 20_000);
  assertEquals(second.totals.lost + length, 20_000);
  assertEquals([second.totals.missed, second.totals.rewound], [0, 0]);
});

Deno.test("drops between two readers are counted by the second", () => {
  const { buffer, writer } = makeRegion();
  const first = new RegionReader(buffer);
  say(writer, 0, "x");
  drainAll(first);
  const cursor = handedOn(first.cursor());
  const { descOffset } = first.info.rings[0];
  const live = descOffset + 64;
  new DataView(buffer).setBigUint64(live + RING_LIVE.drops, 7n, true);
  const second = resumed(buffer, cursor);
  assertEquals(drainAll(second), []);
  assertEquals(second.totals.dropped, 7);
});

/**
 * Writes the beginning of a message and other messages, and takes a cursor
 * behind them.
 */
function underWay(
  write: (writer: RegionWriter) => void,
): { writer: RegionWriter; buffer: ArrayBuffer; cursor: RegionCursor } {
  const { buffer, writer } = makeRegion();
  const first = new RegionReader(buffer);
  say(writer, 0, "before");
  write(writer);
  drainWhole(first);
  return { writer, buffer, cursor: handedOn(first.cursor()) };
}

Deno.test("a split message under way comes whole, those around it not again", () => {
  const { writer, buffer, cursor } = underWay((writer) => {
    writer.write(0, ABI.ID_PART, part(1, 0, 6, "ab"));
    say(writer, 0, "nested");
    writer.write(0, ABI.ID_PART, part(3, 0, 4, "AB"));
    writer.write(0, ABI.ID_PART, part(3, 2, 4, "CD"));
    writer.write(0, ABI.ID_PART, part(1, 2, 6, "cd"));
  });
  assertEquals([cursor.rings[0].seq, cursor.rings[0].next], [1, 6]);
  // A reader in between sees nothing new, and passes on the same cursor.
  const between = resumed(buffer, cursor);
  assertEquals(drainWhole(between), []);
  assertEquals(handedOn(between.cursor()), cursor);
  writer.write(0, ABI.ID_PART, part(1, 4, 6, "ef"));
  say(writer, 0, "after");
  const last = resumed(buffer, cursor);
  assertEquals(drainWhole(last), ["abcdef", "after"]);
  const { records, truncated, corrupt } = last.totals;
  assertEquals([records, truncated, corrupt], [2, 0, 0]);
});

Deno.test("a split message whose beginning is gone loses no others", () => {
  const { writer, buffer, cursor } = underWay((writer) => {
    writer.write(0, ABI.ID_PART, part(1, 0, 6, "ab"));
    for (let i = 0; i < 3000; i++) say(writer, 0, `nested ${i}`);
  });
  for (let i = 0; i < 3000; i++) say(writer, 0, `new ${i}`);
  const reader = resumed(buffer, cursor);
  const seen = drainWhole(reader);
  assertEquals(seen, Array.from({ length: 3000 }, (_, i) => `new ${i}`));
  assertEquals(reader.totals.lost, 0);
});

Deno.test("a reader that ends in the middle of a replay hands on its cursor", () => {
  const { buffer, writer } = makeRegion({}, 1 << 20);
  const first = new RegionReader(buffer);
  const { nrBlocks } = first.info.rings[0];
  const quarter = Math.floor(nrBlocks * BLOCK_BYTES / 32 / 4);
  writer.write(0, ABI.ID_PART, part(0, 0, 6, "ab"));
  for (let i = 0; i < 3 * quarter; i++) say(writer, 0, "nested message");
  drainWhole(first);
  const cursor = handedOn(first.cursor());
  const { seq, next } = cursor.rings[0];
  assertEquals([seq, next], [0, 3 * quarter + 1]);
  // The message's beginning is overwritten, but not everything behind it.
  const fresh = Array.from({ length: 2 * quarter }, (_, i) => `new ${i}`);
  for (const text of fresh) say(writer, 0, text.padEnd(16));
  const killed = resumed(buffer, cursor);
  const unwanted = () => assert(false, "nothing is delivered yet");
  killed.drain(unwanted);
  killed.drain(unwanted);
  const again = handedOn(killed.cursor());
  assertEquals(again, cursor);
  const seen = drainWhole(resumed(buffer, again));
  assertEquals(seen.map((text) => text.trim()), fresh);
});

/** Sets a region back to an earlier state, and writes on. */
function wentBack(before: number, after: number): [Seen[], RegionReader] {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  const other = makeRegion({ sessionId: reader.info.sessionId });
  for (let i = 0; i < before; i++) say(writer, 0, `${i}`.padEnd(20));
  drainAll(reader);
  for (let i = 0; i < after; i++) say(other.writer, 0, `other ${i}`.padEnd(30));
  const again = resumed(other.buffer, handedOn(reader.cursor()));
  return [drainAll(again), again];
}

for (const [before, after] of [[50, 60], [50, 500], [500, 40], [1500, 1100]]) {
  Deno.test(`a ring that went back is found out: ${before}, ${after}`, () => {
    const [seen, reader] = wentBack(before, after);
    assertEquals(seen.length, after);
    assertEquals(seen.at(-1)?.text.trim(), `other ${after - 1}`);
    assert(reader.totals.rewound > 0);
  });
}

Deno.test("another session is read from its oldest record", () => {
  const { buffer, writer } = makeRegion();
  say(writer, 0, "one");
  const reader = new RegionReader(buffer);
  const cursor = handedOn(reader.cursor());
  const other = makeRegion();
  say(other.writer, 0, "two");
  const next = new RegionReader(other.buffer, undefined, cursor);
  assertEquals(next.resumed, false);
  assertEquals(drainAll(next).map((each) => each.text), ["two"]);
});

Deno.test("a cursor that cannot be of the region is refused", () => {
  const { buffer } = makeRegion();
  const cursor = handedOn(new RegionReader(buffer).cursor());
  const open = (rings: RegionCursor["rings"]) => () =>
    new RegionReader(buffer, undefined, { ...cursor, rings });
  assertThrows(open(cursor.rings.slice(1)), CursorError, "it has 2 rings");
  for (const position of [0, 4088, 4096 + 8, 4096 + 56]) {
    const rings = cursor.rings.map((ring) => ({ ...ring, position }));
    assertThrows(open(rings), CursorError, "rings[0].position");
  }
});

/**
 * How many records are read before the cursor is taken: more than a block
 * holds.
 */
const READ = 150;

/** Impossible cursors, made from a right one, and what is reported. */
const IMPOSSIBLE: Readonly<
  Record<string, readonly [(ring: RingCursor) => Partial<RingCursor>, RegExp]>
> = {
  "next far beyond the end": [
    () => ({ next: 1_000_000_000 }),
    /^ring 0: next is 1000000000, and the ring has only \d+$/,
  ],
  "next a little above": [
    ({ next }) => ({ next: next + 3 }),
    /^ring 0: next is 153, and (the ring has only|no)/,
  ],
  "next a little above, at a block's start": [
    ({ position, next }) => ({
      position: position - position % BLOCK_BYTES,
      next: next + 3,
    }),
    /^ring 0: next is 153/,
  ],
  "both beyond the end": [
    () => ({ seq: 1_000_000, next: 1_000_000 }),
    /^ring 0: next is 1000000, and the ring has only/,
  ],
  "above what its block can hold": [
    ({ position }) => ({
      position: position - position % BLOCK_BYTES + 64,
    }),
    /^ring 0: seq is 150, and its block can have (\d+) to \1 there$/,
  ],
  "below what its block can hold": [
    () => ({ seq: 1, next: 1 }),
    /^ring 0: seq is 1, and its block can have \d+ to \d+ there$/,
  ],
};

for (const [what, [change, says]] of Object.entries(IMPOSSIBLE)) {
  for (const more of [0, 60]) {
    Deno.test(`an impossible cursor leaves nothing out: ${what}, ${more} more`, () => {
      const { buffer, writer } = makeRegion();
      const first = new RegionReader(buffer);
      for (let i = 0; i < READ; i++) say(writer, 0, `read ${i}`.padEnd(20));
      for (let i = 0; i < READ; i++) say(writer, 1, `other ${i}`);
      drainAll(first);
      const cursor = handedOn(first.cursor());
      const rings = cursor.rings.map((ring, i) =>
        i === 0 ? { ...ring, ...change(ring) } : ring
      );
      for (let i = 0; i < more; i++) say(writer, 0, `new ${i}`.padEnd(20));
      const reader = new RegionReader(buffer, undefined, { ...cursor, rings });
      assertEquals([reader.resumed, reader.doubts.length], [true, 1]);
      assertMatch(reader.doubts[0], says);
      for (let i = 0; i < 200; i++) say(writer, 0, `later ${i}`.padEnd(20));
      // All of that ring comes, and of the others only what is new.
      const seen = drainAll(reader);
      assertEquals(seen.map(({ ring }) => ring), Array(seen.length).fill(0));
      assertEquals(seen.length, READ + more + 200);
      const { lost, missed, rewound } = reader.totals;
      assertEquals([lost, missed, rewound], [0, 0, 0]);
    });
  }
}

Deno.test("an impossible cursor: what was overwritten before is missed", () => {
  const { buffer, writer } = makeRegion();
  for (let i = 0; i < 9000; i++) say(writer, 0, `record ${i}`);
  const { rings, sessionId } = handedOn(new RegionReader(buffer).cursor());
  const overwritten = { position: BLOCK_BYTES, seq: 0, next: 0 };
  const far = [{ ...rings[0], ...overwritten }, ...rings.slice(1)];
  // There was never room for so many records behind the cursor.
  const view = new DataView(buffer);
  const { descOffset } = readHeader(buffer)!.rings[0];
  const at = descOffset + RING_DESC.live + RING_LIVE.commitSeq;
  view.setBigUint64(at, 10n ** 9n, true);
  const reader = new RegionReader(buffer, undefined, { sessionId, rings: far });
  assertMatch(
    reader.doubts.join(),
    /^ring 0: seq is 0, too far from 10+ for its/,
  );
  view.setBigUint64(at, 9000n, true);
  const plain = new RegionReader(buffer);
  assertEquals(drainAll(reader).length, drainAll(plain).length);
  assert(plain.totals.missed > 0);
  assertEquals(reader.totals.missed, plain.totals.missed);
});

Deno.test("a commit word that makes no sense proves no cursor right", () => {
  const { buffer, writer } = makeRegion();
  for (let i = 0; i < 9; i++) say(writer, 0, `record ${i}`);
  const { rings, sessionId } = handedOn(new RegionReader(buffer).cursor());
  const far = rings.map((ring) => ({ ...ring, seq: 99, next: 99 }));
  const view = new DataView(buffer);
  const { descOffset } = readHeader(buffer)!.rings[0];
  const at = descOffset + RING_DESC.live + RING_LIVE.commit;
  const commit = view.getBigUint64(at, true);
  view.setBigUint64(at, 2n ** 63n, true);
  const cursor = { sessionId, rings: [far[0], ...rings.slice(1)] };
  const reader = new RegionReader(buffer, undefined, cursor);
  assertMatch(reader.doubts.join(), /^ring 0: the ring's commit word makes no/);
  view.setBigUint64(at, commit, true);
  assertEquals(drainAll(reader).length, 9);
});

Deno.test("a sequence at the end that makes no sense proves no message", () => {
  const { buffer, writer } = makeRegion();
  const first = new RegionReader(buffer);
  for (let i = 0; i < 9; i++) say(writer, 0, `record ${i}`);
  drainAll(first);
  const { rings, sessionId } = handedOn(first.cursor());
  for (let i = 0; i < 20_000; i++) say(writer, 0, `overwrites ${i}`);
  const view = new DataView(buffer);
  const { descOffset } = readHeader(buffer)!.rings[0];
  const at = descOffset + RING_DESC.live + RING_LIVE.commitSeq;
  view.setBigUint64(at, 2n ** 63n, true);
  const far = rings.map((ring) => ({ ...ring, next: 10 ** 9 }));
  const cursor = { sessionId, rings: [far[0], ...rings.slice(1)] };
  const reader = new RegionReader(buffer, undefined, cursor);
  assertMatch(reader.doubts.join(), /^ring 0: the ring's sequence is none/);
  const plain = new RegionReader(buffer);
  assertEquals(drainAll(reader).length, drainAll(plain).length);
});

Deno.test("a cursor beyond the end: what comes there was not delivered", () => {
  const { buffer, writer } = makeRegion();
  const first = new RegionReader(buffer);
  for (let i = 0; i < 20; i++) say(writer, 0, `read ${i}`);
  drainAll(first);
  const { rings, sessionId } = handedOn(first.cursor());
  // This is behind a block that was not taken, where nobody delivered anything.
  const [ring, ...others] = rings;
  const beyond = { ...ring, position: 2 * BLOCK_BYTES, next: 1_000_000_000 };
  const cursor = { sessionId, rings: [beyond, ...others] };
  const reader = resumed(buffer, cursor);
  for (let i = 0; i < 500; i++) say(writer, 0, `new ${i}`);
  const { length } = drainAll(reader);
  assertEquals(length + reader.totals.lost, 500);
  assert(length > 0);
});

Deno.test("drops beyond the ring's own count hide none that come", () => {
  const { buffer } = makeRegion();
  const { rings, sessionId } = handedOn(new RegionReader(buffer).cursor());
  const far = rings.map((ring) => ({ ...ring, drops: 1_000_000 }));
  const reader = resumed(buffer, { sessionId, rings: far });
  const { descOffset } = reader.info.rings[0];
  const at = descOffset + RING_DESC.live + RING_LIVE.drops;
  new DataView(buffer).setBigUint64(at, 7n, true);
  drainAll(reader);
  assertEquals(reader.totals.dropped, 7);
});

Deno.test("a cursor anywhere reads nothing that does not hold", () => {
  const { buffer, writer } = makeRegion();
  for (let i = 0; i < 3000; i++) say(writer, 0, `record ${i}`);
  const base = handedOn(new RegionReader(buffer).cursor());
  const valid = new Set(drainAll(new RegionReader(buffer)).map((s) => s.text));
  let random = 1;
  const below = (limit: number) =>
    (random = (random * 48271) % 0x7fffffff) % limit;
  for (let i = 0; i < 300; i++) {
    const block = 1 + below(40);
    const position = block * 4096 + 64 + 8 * below(500);
    const seq = below(4000);
    const next = seq + below(2) * below(100);
    const rings = base.rings.map((ring) => ({ ...ring, position, seq, next }));
    const reader = new RegionReader(buffer, undefined, { ...base, rings });
    for (const { text } of drainAll(reader)) assert(valid.has(text), text);
  }
});

const GOOD = {
  session: "00000000000000ff",
  rings: [{ position: 4096, seq: 0, next: 0, drops: 0 }],
};
const ring = (changes: object) => ({
  ...GOOD,
  rings: [{ ...GOOD.rings[0], ...changes }],
});
const WRONG: readonly (readonly [unknown, string])[] = [
  [null, "region is no object"],
  [[], "region is no object"],
  [{ session: GOOD.session }, "region has no rings"],
  [{ ...GOOD, more: 1 }, "region has an unknown more"],
  [{ ...GOOD, session: "ff" }, "session is not 16 hexadecimal digits"],
  [{ ...GOOD, session: 255 }, "session is not 16 hexadecimal digits"],
  [{ ...GOOD, rings: [] }, "rings is no list"],
  [{ ...GOOD, rings: {} }, "rings is no list"],
  [{ ...GOOD, rings: [1] }, "rings[0] is no object"],
  [ring({ seq: -1 }), "rings[0].seq is -1"],
  [ring({ seq: 0.5 }), "rings[0].seq is 0.5"],
  [ring({ seq: "1" }), "rings[0].seq is 1"],
  [ring({ drops: 2 ** 53 }), "rings[0].drops is"],
  [ring({ position: 4100 }), "no multiple of 8"],
  [ring({ seq: 2, next: 1 }), "rings[0].next is 1, below seq"],
];

Deno.test("a cursor is parsed strictly", () => {
  assertEquals(cursorToJson(cursorFromJson(GOOD)), GOOD);
  for (const [value, says] of WRONG) {
    assertThrows(() => cursorFromJson(value), CursorError, says);
  }
});
