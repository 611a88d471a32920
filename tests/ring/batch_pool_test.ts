// SPDX-License-Identifier: MIT
// Memory that many readers share is bounded, and nothing is lost if it runs
// out.
import { assert, assertEquals } from "@std/assert";
import { BatchPool } from "../../ring/batch_pool.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { Totals } from "../../ring/totals.ts";
import { collect, makeRegion, say } from "../support/regions.ts";

const BATCH_COST = 80 * 1024;

/** How many batches a region may always have, whatever others hold. */
const RESERVED = 4;

Deno.test("a pool lends what it has, and what was given back", () => {
  const share = new BatchPool((RESERVED + 2) * BATCH_COST).share();
  const first = share.take(4096)!;
  assertEquals([first.blocks, first.blockBytes], [16, 4096]);
  const second = share.take(65536)!;
  assertEquals([second.blocks, second.bytes.length], [1, 65536]);
  for (let i = 0; i < RESERVED; i++) assert(share.take(4096) !== null);
  assertEquals(share.take(4096), null);
  first.count = 5;
  share.give(first);
  const again = share.take(16384)!;
  assertEquals([again.blocks, again.blockBytes, again.count], [4, 16384, 0]);
  assertEquals(share.take(4096), null);
});

Deno.test("who holds all of a pool leaves others some all the same", () => {
  const pool = new BatchPool(9 * BATCH_COST);
  const greedy = pool.share();
  for (let i = 0; i < 9; i++) assert(greedy.take(4096) !== null);
  assertEquals(greedy.take(4096), null);
  const modest = pool.share();
  for (let i = 0; i < 3; i++) {
    const lent = Array.from({ length: RESERVED }, () => modest.take(4096)!);
    assert(lent.every((batch) => batch !== null));
    assertEquals(modest.take(4096), null);
    lent.forEach((batch) => modest.give(batch));
  }
  assertEquals(greedy.take(4096), null, "what was beyond the limit is let go");
});

for (const batches of [1, 2, 3, 100]) {
  Deno.test(`five rings and ${batches} batches: all is read, each in order`, () => {
    const { buffer, writer } = makeRegion({ nrTrace: 4 }, 1 << 20);
    for (let i = 0; i < 20_000; i++) say(writer, i % 5, `${i}`);
    const pool = new BatchPool(batches * BATCH_COST);
    const totals = new Totals();
    const reader = new RegionReader(buffer, totals, null, pool);
    const { seen, sink } = collect();
    for (let rounds = 0;; rounds++) {
      assert(rounds < 10_000, "it does not end");
      const { more, held } = reader.drain(sink);
      if (!more && !held) break;
    }
    reader.finish(sink);
    assertEquals(seen.length + totals.missed, 20_000);
    assertEquals([totals.lost, totals.corrupt], [0, 0]);
    for (let ring = 0; ring < 5; ring++) {
      const seqs = seen.filter((each) => each.ring === ring)
        .map((each) => each.seq);
      assertEquals(seqs, seqs.map((_, i) => seqs[0] + i));
    }
    if (batches === 100) assertEquals(totals.late, 0);
    // All of it was given back.
    const share = pool.share();
    for (let i = 0; i < batches; i++) assert(share.take(4096) !== null);
  });
}

Deno.test("two readers of one pool: none waits for ever", () => {
  const pool = new BatchPool(BATCH_COST);
  const regions = [0, 1].map(() => makeRegion({ nrTrace: 2 }));
  const seen = regions.map(() => collect());
  const readers = regions.map(({ buffer, writer }) => {
    for (let i = 0; i < 3000; i++) say(writer, i % 2, `${i}`);
    return new RegionReader(buffer, new Totals(), null, pool);
  });
  for (let rounds = 0; rounds < 10_000; rounds++) {
    let open = false;
    for (const [i, reader] of readers.entries()) {
      const { more, held } = reader.drain(seen[i].sink);
      open ||= more || held;
    }
    if (!open) break;
  }
  for (const each of seen) assertEquals(each.seen.length, 3000);
});
