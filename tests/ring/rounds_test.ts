// SPDX-License-Identifier: MIT
/**
 * Tests what a reader remembers from one round to the next, and for how long.
 */
import { assertEquals } from "@std/assert";
import { ABI, BLOCK, RING_DESC, RING_LIVE } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordSink } from "../../ring/record_view.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import {
  collect,
  drainAll,
  makeRegion,
  part,
  say,
} from "../support/regions.ts";

/** Returns the offset of a ring's word `commit`. */
function commitAt(reader: RegionReader, ring = 0): number {
  return reader.info.rings[ring].descOffset + RING_DESC.live + RING_LIVE.commit;
}

/** Reads all that is there; unfinished messages stay unfinished. */
function readAll(reader: RegionReader, sink: RecordSink): void {
  for (let round = reader.drain(sink); round.more || round.held;) {
    round = reader.drain(sink);
  }
}

Deno.test("records missing before an empty block end what is under way", () => {
  // A batch holds one block of this size.
  const { buffer, writer } = makeRegion(
    { nrTrace: 1, blockBytes: 65536, klogBytes: 4 * 65536 },
    1 << 20,
  );
  const reader = new RegionReader(buffer);
  writer.write(0, ABI.ID_PART, part(0, 0, 30, "only the beginning"));
  const filler = "x".repeat(writer.maxPayloadBytes);
  for (let i = 0; i < 4; i++) say(writer, 0, filler);
  // A takeover leaves this state: the second block is empty, and its first
  // sequence is that of the record which comes next.
  const { dataOffset } = reader.info.rings[0];
  const view = new DataView(buffer);
  const second = dataOffset + 2 * 65536;
  view.setUint32(second + BLOCK.contentSize, BLOCK.size * 8, true);
  view.setBigUint64(second + BLOCK.firstSeq, 4n, true);
  const { seen, sink } = collect();
  readAll(reader, sink);
  assertEquals(seen.map(({ text }) => text), [
    filler,
    "only the beginning",
    filler,
  ]);
  assertEquals([reader.totals.lost, reader.totals.truncated], [2, 1]);
});

Deno.test("behind a good block the commit is not waited for: it has gone back", () => {
  const { buffer, writer } = makeRegion();
  const reader = new RegionReader(buffer);
  for (let i = 0; i < 300; i++) say(writer, 0, `line ${i}`);
  const view = new DataView(buffer);
  view.setUint32(reader.info.rings[0].dataOffset + 4096 + BLOCK.magic, 1, true);
  assertEquals(reader.drain(() => {}).reformatted, false);
  assertEquals([reader.totals.corrupt, reader.totals.rewound], [1, 0]);
  const at = commitAt(reader);
  view.setBigUint64(at, view.getBigUint64(at, true) - 32n, true);
  drainAll(reader);
  assertEquals(reader.totals.rewound, 1);
});

Deno.test("a new session knows nothing of the old one's cut messages", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1 });
  const reader = new RegionReader(buffer);
  const { seen, sink } = collect();
  writer.write(0, ABI.ID_PART, part(0, 0, 30, "begun before"));
  readAll(reader, sink);
  const later = new RegionWriter(buffer, { nrTrace: 1 });
  later.write(0, ABI.ID_PART, part(0, 10, 20, "of another"));
  reader.drain(sink);
  reader.reattach(sink);
  readAll(reader, sink);
  assertEquals(seen.map(({ text }) => text), ["begun before", "of another"]);
  assertEquals([reader.totals.sessions, reader.totals.truncated], [1, 2]);
});
