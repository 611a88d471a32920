// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  CursorError,
  cursorFromJson,
  cursorToJson,
  type RegionCursor,
} from "../../ring/cursor.ts";
import { ABI, RING_LIVE } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/reader.ts";
import type { RegionWriter } from "../../ring/writer/writer.ts";
import {
  collect,
  drainAll,
  makeRegion,
  part,
  say,
  type Seen,
} from "../support/regions.ts";

/** As a process that ends and another that begins see it. */
function handedOn(cursor: RegionCursor | null): RegionCursor {
  assert(cursor !== null);
  return cursorFromJson(JSON.parse(JSON.stringify(cursorToJson(cursor))));
}

function resumed(buffer: ArrayBuffer, cursor: RegionCursor): RegionReader {
  const reader = new RegionReader(buffer, undefined, cursor);
  assertEquals(reader.resumed, true);
  return reader;
}

/** Reads on, but leaves messages under way to the next reader. */
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
    // Each reader delivers a few and dies; the last one counts, as a disk does.
    const reader: RegionReader = new RegionReader(buffer, undefined, cursor);
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

/** The beginning of a message, other messages, and a cursor behind them. */
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
  // A reader in between sees nothing new, and hands on the same.
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

/** A region that goes back to an earlier state, and is written on. */
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
