// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { haveBabeltrace, NO_CPU, openTrace } from "../support/babeltrace.ts";
import { recorded } from "../support/recordings.ts";
import { drainAll, makeRegion, say, type Seen } from "../support/regions.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

const ignore = !haveBabeltrace();
const WHY_NOT = missingReason(ignore ? ["babeltrace2"] : []);

/** Returns the messages of one ring as babeltrace2 shows them. */
function expected(seen: Seen[], ring: number) {
  return seen.filter((s) => s.ring === ring).map(({ seq, text, time }) => ({
    seq,
    name: "message",
    cycles: String(time).padStart(20, "0"),
    data: `data = "${text}"`,
  }));
}

Deno.test({
  name: skippedName(
    "a recorded trace has the reader's records and the reader's loss",
    WHY_NOT,
  ),
  ignore,
  fn: async () => {
    const { buffer, writer } = makeRegion();
    const reader = new RegionReader(buffer);
    await recorded(buffer, async ({ drain, recorder, path }) => {
      const seen: Seen[] = [];
      const round = () => {
        drain();
        seen.push(...drainAll(reader));
      };
      // There are open blocks in several pieces, full blocks, and overruns in
      // between.
      for (const count of [3, 1, 200, 7, 30_000, 2, 12_345, 1]) {
        for (let i = 0; i < count; i++) say(writer, i % 3, `${count}.${i}`);
        round();
      }
      const trace = await openTrace(path);
      assert(reader.totals.lost > 0);
      assertEquals(trace.discarded, reader.totals.lost);
      assertEquals(recorder.totals.lost, reader.totals.lost);
      assertEquals(recorder.totals.records, seen.length);
      assertEquals(trace.events.get("0"), expected(seen, 0));
      assertEquals(trace.events.get("1"), expected(seen, 1));
      assertEquals(trace.events.get(NO_CPU), expected(seen, 2));
    });
  },
});

Deno.test({
  name: skippedName(
    "parts and unknown ids stand in the trace as what they are",
    WHY_NOT,
  ),
  ignore,
  fn: async () => {
    const { buffer, writer } = makeRegion();
    await recorded(buffer, async ({ drain, path }) => {
      writer.write(0, ABI.ID_MESSAGE, new Uint8Array(3000).fill(0x41));
      writer.write(0, 77, new Uint8Array([1, 2]));
      // Records that do not fit their own description must not reach a CTF
      // tool.
      writer.write(0, ABI.ID_PART, new Uint8Array(20).fill(0xff));
      writer.write(0, ABI.ID_TAKEOVER, new Uint8Array(3));
      drain();
      const { events } = await openTrace(path);
      const names = events.get("0")!.map((event) => event.name);
      assertEquals(names, ["part", "part", "opaque", "opaque", "opaque"]);
      assertStringIncludes(events.get("0")![0].data, "total_bytes = 3000");
      assertEquals(events.get("0")![2].data, "data = [ [0] = 1, [1] = 2 ]");
    });
  },
});

Deno.test({
  name: skippedName(
    "a time that falls is raised, or the tool would refuse the stream",
    WHY_NOT,
  ),
  ignore,
  fn: async () => {
    const { buffer, writer } = makeRegion({ nrTrace: 1 });
    await recorded(buffer, async ({ drain, recorder, path }) => {
      for (let i = 0; i < 300; i++) say(writer, 0, `record ${i}`);
      const { dataOffset, blockBytes } = recorder.info.rings[0];
      // The last record of block 1 has a time in the future, and only this one
      // is wrong.
      const at = dataOffset + blockBytes + 64;
      const view = new DataView(buffer);
      let last = at;
      for (let next = at; next < dataOffset + 2 * blockBytes - 40;) {
        last = next;
        next += (16 + view.getUint16(next + 10, true) + 7) & ~7;
      }
      view.setUint32(last + 4, 1, true);
      drain();
      const { events } = await openTrace(path);
      assertEquals(recorder.totals.records, events.get("0")!.length);
      assert(recorder.totals.late > 0);
    });
  },
});
