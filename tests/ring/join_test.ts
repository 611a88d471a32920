// SPDX-License-Identifier: MIT
import { assert, assertEquals } from "@std/assert";
import { ABI, BLOCK, PART } from "../../ring/layout.ts";
import { RegionRecorder } from "../../ring/ctf/recorder.ts";
import { PartJoiner } from "../../ring/part_joiner.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { Totals } from "../../ring/totals.ts";
import { INFO, recordOf } from "../support/records.ts";
import {
  collect,
  drainAll,
  makeRegion,
  part,
  say,
} from "../support/regions.ts";

/**
 * The most that is held for all unfinished messages of a region, whatever is
 * claimed.
 */
const HELD_MAX = 17 * (ABI.MESSAGE_BYTES_MAX + 1024);

/** Reads to the end, and keeps the sequence and the parts of each view. */
function drainViews(
  reader: RegionReader,
  views: Partial<RecordView>[],
): void {
  const sink = ({ id, seq, firstSeq, headless, records }: RecordView) => {
    views.push({ id, firstSeq, seq, headless, records });
  };
  while (reader.drain(sink).held);
  reader.finish(sink);
}

Deno.test("a long message arrives whole", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  const long = Array.from({ length: 9000 }, (_, i) => `${i};`).join("");
  say(writer, 0, long);
  say(writer, 0, "short");
  assertEquals(drainAll(reader).map((s) => s.text), [long, "short"]);
  assertEquals(reader.totals.bytes, long.length + 5);
});

Deno.test("nested writers' parts do not mix", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  writer.write(0, ABI.ID_PART, part(0, 0, 4, "ab"));
  writer.write(0, ABI.ID_PART, part(1, 0, 4, "AB"));
  say(writer, 0, "between");
  writer.write(0, ABI.ID_PART, part(1, 2, 4, "CD"));
  writer.write(0, ABI.ID_PART, part(0, 2, 4, "cd"));
  assertEquals(
    drainAll(reader).map((s) => s.text),
    ["between", "ABCD", "abcd"],
  );
  assertEquals(reader.totals.truncated, 0);
});

Deno.test("a message without its end is delivered as truncated", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  writer.write(0, ABI.ID_PART, part(0, 0, 4, "ab"));
  assertEquals(drainAll(reader).map((s) => s.text), ["ab"]);
  assertEquals(reader.totals.truncated, 1);
});

Deno.test("a message without its beginning is shown, and counted once", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  writer.write(0, ABI.ID_PART, part(77, 2, 9, "cd"));
  say(writer, 0, "between");
  writer.write(0, ABI.ID_PART, part(77, 4, 9, "efg"));
  writer.write(0, ABI.ID_PART, part(77, 7, 9, "hi"));
  const views: Partial<RecordView>[] = [];
  drainViews(reader, views);
  assertEquals(views, [
    { id: ABI.ID_MESSAGE, firstSeq: 1, seq: 1, headless: false, records: 1 },
    { id: ABI.ID_MESSAGE, firstSeq: 0, seq: 3, headless: true, records: 3 },
  ]);
  const { truncated, corrupt, records, bytes } = reader.totals;
  assertEquals([truncated, corrupt, records, bytes], [1, 0, 4, 14]);
});

for (const id of [ABI.ID_PART, ABI.ID_OPAQUE, 0xff06]) {
  Deno.test(`a message in parts counts as opaque if its id is ${id}`, () => {
    const { buffer, writer } = makeRegion();
    const reader = new RegionReader(buffer);
    writer.write(0, id, new Uint8Array(5000));
    assertEquals(drainAll(reader).map((seen) => seen.id), [id]);
    assertEquals(reader.totals.opaque, 1);
    // In a recording they stay parts, whatever they claim.
    const recorder = new RegionRecorder(buffer);
    recorder.drain(() => {});
    assertEquals(recorder.totals.opaque, 0);
  });
}

Deno.test("what the missing beginning would explain is opaque bytes", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  for (const id of [ABI.ID_KLOG, ABI.ID_CLOCK, 300]) {
    const bytes = part(id, 2, 4, "cd");
    new DataView(bytes.buffer).setUint16(PART.id, id, true);
    writer.write(0, ABI.ID_PART, bytes);
  }
  const seen = drainAll(reader).map(({ id, text }) => [id, text]);
  assertEquals(seen, Array(3).fill([ABI.ID_OPAQUE, "cd"]));
  const { truncated, opaque } = reader.totals;
  assertEquals([truncated, opaque], [3, 3]);
});

Deno.test("a message whose middle is lost is counted once", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  // There are two blocks of parts, and nothing in the second one can be read
  // now.
  const text = "x".repeat(3 * writer.maxPayloadBytes);
  say(writer, 0, text + text);
  const { dataOffset, blockBytes } = reader.info.rings[0];
  const block = new DataView(buffer, dataOffset + 2 * blockBytes);
  block.setBigUint64(BLOCK.packetSeqNum, 999n, true);
  const seen = drainAll(reader);
  assertEquals(seen.length, 2);
  assert(seen.every((each) => /^x+$/.test(each.text)));
  const { truncated, lost, records } = reader.totals;
  assertEquals([truncated, lost, records], [1, 2, 5]);
});

Deno.test("a gap ends what was under way", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  writer.write(0, ABI.ID_PART, part(0, 0, 4, "ab"));
  for (let i = 0; i < 400; i++) say(writer, 0, `record ${i}`);
  const { dataOffset, blockBytes } = reader.info.rings[0];
  const block = new DataView(buffer, dataOffset + 2 * blockBytes);
  block.setBigUint64(BLOCK.packetSeqNum, 999n, true);
  const texts = drainAll(reader).map((s) => s.text);
  assert(texts.indexOf("ab") < texts.indexOf("record 399"));
  assertEquals(reader.totals.truncated, 1);
});

const WRONG: [name: string, bytes: Uint8Array][] = [
  ["shorter than its header", new Uint8Array(3)],
  ["no bytes", part(1, 0, 4, "")],
  ["total of 0", part(1, 0, 0, "x")],
  ["total beyond the limit", part(1, 0, ABI.MESSAGE_BYTES_MAX + 1, "x")],
  ["more bytes than the total", part(1, 0, 2, "xyz")],
  ["another offset than expected", part(0, 3, 4, "x")],
  ["another total than before", part(0, 2, 9, "x")],
];

for (const [name, bytes] of WRONG) {
  Deno.test(`a part that does not fit costs its message: ${name}`, () => {
    const { buffer, writer } = makeRegion();
    const reader = new RegionReader(buffer);
    writer.write(0, ABI.ID_PART, part(0, 0, 4, "ab"));
    writer.write(0, ABI.ID_PART, bytes);
    say(writer, 0, "after");
    const texts = drainAll(reader).map((s) => s.text);
    assertEquals(texts.toSorted(), ["ab", "after"]);
    const { corrupt, truncated } = reader.totals;
    assert(corrupt + truncated >= 2, `${corrupt} ${truncated}`);
  });
}

Deno.test("a part's own byte count must be the record's", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  const bytes = part(0, 0, 4, "abcd");
  new DataView(bytes.buffer).setUint16(PART.dataBytes, 2, true);
  writer.write(0, ABI.ID_PART, bytes);
  drainAll(reader);
  assertEquals(reader.totals.corrupt, 1);
});

Deno.test("a last part without its message takes no other's place", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  const keys = Array.from({ length: 16 }, (_, i) => i);
  for (const key of keys) {
    writer.write(0, ABI.ID_PART, part(key, 0, 4, "ab"));
  }
  writer.write(0, ABI.ID_PART, part(99, 2, 4, "zz"));
  writer.write(0, ABI.ID_PART, part(98, 0, 2, "in"));
  for (const key of keys) {
    writer.write(0, ABI.ID_PART, part(key, 2, 4, "cd"));
  }
  assertEquals(
    drainAll(reader).map((s) => s.text),
    ["zz", "in", ...keys.map(() => "abcd")],
  );
  assertEquals(reader.totals.truncated, 1);
});

Deno.test("each message that gave way counts once, of forty at the same time", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  for (const [at, text] of ["ab", "cd", "ef", "gh"].entries()) {
    for (let key = 0; key < 40; key++) {
      writer.write(0, ABI.ID_PART, part(key, 2 * at, 8, text));
    }
  }
  drainAll(reader);
  assertEquals(reader.totals.truncated, 40);
});

Deno.test("messages under way are bounded: the oldest gives way", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  for (let i = 0; i < 40; i++) {
    writer.write(0, ABI.ID_PART, part(i, 0, ABI.MESSAGE_BYTES_MAX, `m${i}`));
  }
  const { seen, sink } = collect();
  reader.drain(sink);
  reader.drain(sink);
  assertEquals(seen.length, 40 - 16, "the rest is under way");
  reader.finish(sink);
  const texts = seen.map((s) => s.text);
  assertEquals(texts, Array.from({ length: 40 }, (_, i) => `m${i}`));
  assertEquals(reader.totals.truncated, 40);
});

/**
 * Gives a joiner parts of many rings.
 *
 * @returns The bytes of all parts.
 */
function flood(
  joiner: PartJoiner,
  parts: number,
  each: (i: number) => { ring: number; payload: Uint8Array },
): number {
  let bytes = 0;
  for (let i = 0; i < parts; i++) {
    const { ring: index, payload } = each(i);
    bytes += payload.length;
    const view = recordOf(payload, {
      ...{ seq: i, id: ABI.ID_PART },
      ring: { ...INFO.rings[0], index },
    });
    joiner.part(view, 64 * i, () => {});
  }
  return bytes;
}

const CLAIMS: [name: string, Parameters<typeof flood>[2]][] = [
  ["each begins the longest message", (i) => ({
    ring: i % 7,
    payload: part(i, 0, ABI.MESSAGE_BYTES_MAX, "x".repeat(24)),
  })],
  ["each is the rest of another one", (i) => ({
    ring: i % 4096,
    payload: part(i, 1, ABI.MESSAGE_BYTES_MAX, "x"),
  })],
  ["a byte a time", (i) => ({
    ring: 0,
    payload: part(0, i, ABI.MESSAGE_BYTES_MAX, "x"),
  })],
];

for (const [name, each] of CLAIMS) {
  Deno.test(`a part costs what it brings, not what it claims: ${name}`, () => {
    const joiner = new PartJoiner(new Totals());
    const bytes = flood(joiner, 20_000, each);
    assert(joiner.movedBytes <= 4 * bytes, `${joiner.movedBytes} of ${bytes}`);
    assert(joiner.heldBytes <= HELD_MAX, `${joiner.heldBytes} held`);
  });
}

Deno.test("what is under way is bounded by ring and by region", () => {
  const joiner = new PartJoiner(new Totals());
  const most = 60_000;
  const long = (rings: number) =>
    flood(joiner, 2000, (i) => {
      const message = Math.floor(i / 4);
      const offset = i % 4 * most;
      return {
        ring: message % rings,
        payload: part(
          message,
          offset,
          ABI.MESSAGE_BYTES_MAX,
          "x".repeat(most),
        ),
      };
    });
  long(1);
  assert(joiner.heldBytes <= HELD_MAX / 3, `${joiner.heldBytes} of a ring`);
  assert(joiner.heldBytes > 3 * 4 * most, "four at once are an honest ring's");
  long(100);
  assert(joiner.heldBytes <= HELD_MAX, `${joiner.heldBytes} held`);
  joiner.flush(() => {});
  assertEquals(joiner.heldBytes, 0);
});
