// SPDX-License-Identifier: MIT
// Tests how much a round takes, and where reading ends.
import { assert, assertEquals } from "@std/assert";
import { RegionRecorder } from "../../ring/ctf/recorder.ts";
import { RECORD_COST, ROUND_COST } from "../../ring/delivery.ts";
import { readHeader } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { Snapshot } from "../../ring/region_snapshot.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { collect, drainAll, makeRegion, say } from "../support/regions.ts";
import { runsInto } from "../support/runs.ts";

const RINGS = 60;
/** The most records that one more batch may hold. */
const BATCH_RECORDS = 65536 / 16;

/** Makes a region with many rings full of the smallest records. */
function manySmall(id: number): { buffer: ArrayBuffer; written: number } {
  const { buffer, writer } = makeRegion({ nrTrace: RINGS }, 4 << 20);
  const written = RINGS * 2000;
  for (let i = 0; i < written; i++) {
    writer.write(i % RINGS, id, new Uint8Array(0));
  }
  return { buffer, written };
}

for (const many of [true, false]) {
  Deno.test(`a round delivers a bounded amount, and all comes (runs: ${many})`, () => {
    const { buffer, written } = manySmall(ABI.ID_MESSAGE);
    const reader = new RegionReader(buffer);
    const { seen, sink } = collect();
    const runs = many ? runsInto(sink) : null;
    let rounds = 0;
    for (;; rounds++) {
      const { records, more, held, spent } = reader.drain(sink, runs);
      const each = many ? 8 : RECORD_COST;
      assert(records <= ROUND_COST / each + BATCH_RECORDS, `${records}`);
      assert(spent >= records * each);
      if (!more && !held) break;
    }
    assert(rounds > 2);
    assertEquals(seen.length, written);
    const times = seen.map(({ time }) => time);
    assertEquals(times, times.toSorted((a, b) => a - b));
    assertEquals(reader.totals.late, 0);
  });
}

Deno.test("what a new session leaves to deliver comes in rounds, too", () => {
  const { buffer, written } = manySmall(ABI.ID_MESSAGE);
  const reader = new RegionReader(buffer);
  const { seen, sink } = collect();
  reader.drain(sink);
  new RegionWriter(buffer, { nrTrace: RINGS });
  let rounds = 0;
  while (!reader.reattach(sink)) {
    assert(seen.length <= ++rounds * (ROUND_COST / RECORD_COST + 1));
  }
  assert(rounds > 2, `${rounds} rounds`);
  assertEquals(seen.length, written);
});

Deno.test("a recorder's round takes a bounded amount", () => {
  const { buffer, written } = manySmall(ABI.ID_MESSAGE);
  const recorder = new RegionRecorder(buffer);
  let before = 0;
  for (let more = true; more;) {
    ({ more } = recorder.drain(() => {}));
    const records = recorder.totals.records - before;
    assert(records <= ROUND_COST / RECORD_COST + BATCH_RECORDS, `${records}`);
    before += records;
  }
  assertEquals(before, written);
});

for (const [more, missing] of [[0, 0], [50, 0], [20_000, 100]]) {
  Deno.test(`reading ends at the marks that it was given: ${more} records later`, () => {
    const { buffer, writer } = makeRegion();
    for (let i = 0; i < 100; i++) say(writer, 0, `record ${i}`);
    const reader = new RegionReader(buffer);
    const recorder = new RegionRecorder(buffer);
    reader.endAt(reader.marks());
    recorder.endHere();
    for (let i = 0; i < more; i++) say(writer, i % 3, `later ${i}`);
    const seen = drainAll(reader);
    assertEquals(seen.length, 100 - missing);
    assertEquals(reader.totals.lost, missing);
    while (recorder.drain(() => {}).more);
    assertEquals(recorder.totals.records, 100 - missing);
    assertEquals(recorder.totals.lost, missing);
    // Reading stays at that end.
    say(writer, 0, "still later");
    assertEquals(drainAll(reader), []);
    assertEquals(reader.totals.lost, missing);
  });
}

Deno.test("a new session begins behind the end", () => {
  const { buffer, writer } = makeRegion();
  say(writer, 0, "one");
  const reader = new RegionReader(buffer);
  reader.endAt(reader.marks());
  const { seen, sink } = collect();
  reader.drain(sink);
  say(new RegionWriter(buffer, { nrTrace: 2 }), 0, "another");
  assert(reader.drain(sink).reformatted);
  assert(reader.reattach(sink));
  assertEquals(drainAll(reader), []);
  assertEquals(seen.map(({ text }) => text), ["one"]);
  // Another reader gets it, because the cursor is before it.
  const next = new RegionReader(buffer, undefined, reader.cursor());
  assertEquals(drainAll(next).map(({ text }) => text), ["another"]);
});

Deno.test("a ring that goes back where reading ends is read again, and ends", () => {
  const states = ["some", "other"].map((what) => {
    const region = makeRegion({ sessionId: 5n });
    for (let i = 0; i < 200; i++) say(region.writer, 0, `record ${i}`);
    const { buffer } = region;
    const before = buffer.slice(0);
    for (let i = 0; i < (what === "some" ? 3 : 5); i++) {
      say(region.writer, 0, `${what} ${i}${what}`);
    }
    for (let i = 0; i < 3; i++) say(region.writer, 1, what);
    return { buffer, before };
  });
  const { buffer } = makeRegion({ sessionId: 5n });
  const become = (state: ArrayBuffer) =>
    new Uint8Array(buffer).set(new Uint8Array(state));
  become(states[0].buffer);
  const reader = new RegionReader(buffer);
  const { sink } = collect();
  drainAll(reader);
  reader.endAt(reader.marks());
  let rounds = 0;
  do {
    become(states[rounds % 2].before);
    assert(++rounds < 20, "it does not end");
  } while (reader.drain(sink).more || rounds < 4);
  assert(reader.totals.rewound > 0);
  assert(reader.totals.rewound <= 2, `${reader.totals.rewound} times`);
});

Deno.test("a snapshot is what was there at its moment", () => {
  const { buffer, writer } = makeRegion();
  for (let i = 0; i < 20_000; i++) say(writer, i % 3, `record ${i}`);
  const before = drainAll(new RegionReader(buffer));
  const snapshot = Snapshot.of(buffer)!;
  for (let i = 0; i < 20_000; i++) say(writer, i % 3, `later ${i}`);
  snapshot.deepen(snapshot.marks.map(() => 1)); // that is overwritten
  const seen = drainAll(new RegionReader(snapshot.buffer));
  assertEquals(seen, before);
});

Deno.test("a snapshot has nothing of what was overwritten before its copy", () => {
  const bytes = 80 << 20; // more than is copied at once
  const { buffer, writer } = makeRegion({ nrTrace: 1 }, bytes);
  const text = "x".repeat(writer.maxPayloadBytes - 8);
  let written = 0;
  const fill = (count: number) => {
    for (; count > 0; count--) say(writer, 0, `${written++} ${text}`);
  };
  fill(bytes / 2000);
  const snapshot = Snapshot.of(buffer)!;
  fill(bytes / 8000);
  snapshot.deepen(snapshot.marks.map(() => 1));
  const reader = new RegionReader(snapshot.buffer);
  const numbers = drainAll(reader).map((each) => parseInt(each.text));
  const { lost, missed, corrupt } = reader.totals;
  assertEquals(corrupt, 0);
  assert(lost + missed > 0);
  assertEquals(numbers.length + lost + missed, Math.ceil(bytes / 2000));
});

/** Runs something in the middle of the next copy of this many bytes. */
function inNextCopy(bytes: number, run: () => void): Disposable {
  const { set } = Uint8Array.prototype;
  const restore = () => {
    Uint8Array.prototype.set = set;
  };
  Uint8Array.prototype.set = function (from: Uint8Array, offset = 0) {
    if (from.length !== bytes) return set.call(this, from, offset);
    restore();
    const half = bytes / 2;
    set.call(this, from.subarray(0, half), offset);
    run();
    set.call(this, from.subarray(half), offset + half);
  };
  return { [Symbol.dispose]: restore };
}

Deno.test("a snapshot has no block that was overwritten during its copy", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1 });
  const info = readHeader(buffer)!;
  let written = 0;
  const lap = () => {
    const end = written + info.regionBytes / 64;
    while (written < end) say(writer, 0, `record ${written++}`.padEnd(32));
  };
  lap();
  let torn = false;
  using _copy = inNextCopy(info.blockBytes, () => {
    torn = true;
    lap();
  });
  const snapshot = Snapshot.of(buffer)!;
  assert(torn);
  const reader = new RegionReader(snapshot.buffer);
  const seen = drainAll(reader);
  assertEquals(reader.totals.corrupt, 0);
  for (const { seq, text } of seen) {
    assertEquals(text.trimEnd(), `record ${seq}`);
  }
  assertEquals(seen.at(-1)?.seq, written - 1);
});
