// SPDX-License-Identifier: MIT
// Tests the order of several rings if one of them is far behind.
import { assert, assertEquals } from "@std/assert";
import { BLOCK } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { collect, drainAll, makeRegion, say } from "../support/regions.ts";

const REGION_BYTES = 1 << 20;

/** How many blocks a batch of 64 KiB takes. */
const blocksOf = (reader: RegionReader) =>
  65536 / reader.info.rings[0].blockBytes;

for (const batches of [1, 2, 3]) {
  Deno.test(`others wait while ${batches} batches are overwritten`, () => {
    const { buffer, writer } = makeRegion({}, REGION_BYTES);
    const reader = new RegionReader(buffer);
    const { nrBlocks, blockBytes, dataOffset } = reader.info.rings[0];
    const blocks = blocksOf(reader);
    assert(nrBlocks > (batches + 3) * blocks, `${nrBlocks} blocks`);
    let written = 0;
    for (; written * 32 < (batches + 3) * blocks * blockBytes; written++) {
      say(writer, written % 100 === 99 ? 1 : 0, "a record of 32 b");
    }
    // A writer took all of the second batch, and more, during the copy.
    const view = new DataView(buffer);
    for (let i = 0; i < batches * blocks; i++) {
      const at = dataOffset + (1 + blocks + i) * blockBytes;
      view.setUint32(at + BLOCK.packetSeqNum, 0xffff, true);
    }
    const seen = drainAll(reader);
    const { lost, late, corrupt } = reader.totals;
    assert(lost > 1000 * batches, `${lost} lost`);
    assertEquals(seen.length + lost, written);
    assertEquals([late, corrupt], [0, 0]);
    const times = seen.map(({ time }) => time);
    assertEquals(times, times.toSorted((a, b) => a - b));
  });
}

Deno.test("others wait for a ring that falls behind in this very round", () => {
  const buffer = new ArrayBuffer(REGION_BYTES);
  let now = 1000n;
  const clock = () => ++now;
  const writer = new RegionWriter(buffer, { nrTrace: 2, clock });
  const reader = new RegionReader(buffer);
  const { seen, sink } = collect();
  // This is as if ring 0 had been written after it was drained, but before ring
  // 1 was drained.
  now = 1_000_000n;
  say(writer, 1, "last");
  reader.drain(sink);
  assertEquals(seen, []);
  now = 2000n;
  const count = Math.ceil(3 * 65536 / 32);
  for (let i = 0; i < count; i++) say(writer, 0, "a record of 32 b");
  while (reader.drain(sink).more);
  reader.finish(sink);
  assertEquals(seen.length, count + 1);
  assertEquals(seen.at(-1)?.text, "last");
  assertEquals(reader.totals.late, 0);
});
