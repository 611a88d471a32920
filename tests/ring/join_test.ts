// SPDX-License-Identifier: MIT
import { assert, assertEquals } from "@std/assert";
import { ABI, BLOCK, PART } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/reader.ts";
import {
  collect,
  drainAll,
  makeRegion,
  part,
  say,
} from "../support/regions.ts";

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

Deno.test("a message without its beginning is counted", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  writer.write(0, ABI.ID_PART, part(77, 2, 4, "cd"));
  assertEquals(drainAll(reader), []);
  assertEquals(reader.totals.truncated, 1);
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
