// SPDX-License-Identifier: MIT
import { assert, assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import { META, META_ENTRY, REGION_HEADER } from "../../ring/layout.ts";
import { MetadataPart } from "../../ring/events/metadata.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { RegionRecorder } from "../../ring/ctf/recorder.ts";
import { SharedWords } from "../../ring/shared_words.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { entry, field, formatText } from "../support/events.ts";
import { drainAll, makeRegion, say } from "../support/regions.ts";

const META_BYTES = 65536;
const PART_BYTES = META_BYTES / 2;
const ID = 300;

const NUMBER = [field("u32 a", 8, 4)];
const named = (name: string, id = ID) => formatText(NUMBER, { id, name });
const record = (id = ID) => entry(new Uint8Array(4), { id });

function region(): {
  buffer: ArrayBuffer;
  writer: RegionWriter;
  view: DataView;
  meta: number;
} {
  const { buffer, writer } = makeRegion({ metaBytes: META_BYTES }, 1 << 19);
  const view = new DataView(buffer);
  const meta = Number(view.getBigUint64(REGION_HEADER.metaOffset, true));
  return { buffer, writer, view, meta };
}

/** Returns the names of the records' events; "" for an opaque record. */
function names(reader: RegionReader): string[] {
  const seen: string[] = [];
  const sink: Parameters<RegionReader["drain"]>[0] = (view) => {
    if (view.id !== ID) return;
    seen.push(reader.events.describe(view)?.name ?? "");
  };
  for (let rounds = 0; rounds < 4; rounds++) {
    if (reader.drain(sink).reformatted) reader.reattach(sink);
  }
  reader.finish(sink);
  return seen;
}

Deno.test("records have the format that held when they were written", () => {
  const { buffer, writer } = region();
  writer.write(0, ID, record());
  writer.describe(ID, named("first"));
  writer.write(0, ID, record());
  writer.describe(ID, named("second"));
  writer.describe(ID + 1, named("other", ID + 1));
  writer.write(1, ID, record());
  writer.describe(ID, "\n");
  writer.write(1, ID, record());
  writer.describe(ID, named("third"));
  writer.write(0, ID, record());
  const reader = new RegionReader(buffer);
  assertEquals(names(reader), ["", "first", "second", "", "third"]);
  assertEquals(reader.totals.opaque, 2);
  assertEquals(reader.totals.corrupt, 0);
  const known = reader.events.formats(0).map(({ format }) => format.name);
  assertEquals(known, ["first", "second", "other", "third"]);
});

Deno.test("formats are found for each of many ids and times", () => {
  const { buffer, writer } = region();
  for (let i = 0; i < 20; i++) writer.describe(ID, named(`n${i}`));
  const reader = new RegionReader(buffer);
  drainAll(reader);
  const dated = reader.events.formats(0);
  assertEquals(dated.length, 20);
  const find = (low: number) => reader.events.find(0, ID, low, 0)?.name;
  dated.forEach(({ timeLow }, i) => {
    assertEquals(find(timeLow), `n${i}`);
    assertEquals(find(timeLow - 1), i === 0 ? undefined : `n${i - 1}`);
  });
  assertEquals(reader.events.find(0, ID, 0, 1)?.name, "n19");
  assertEquals(reader.events.find(1, ID, 0, 1), null);
});

Deno.test("what is not understood of formats is told once", () => {
  const { buffer, writer } = region();
  const text = (id: number, print: string) =>
    formatText(NUMBER, { id, name: `event_${id}`, print });
  writer.describe(ID, text(ID, '"%d %d %d", REC->a, jiffies, jiffies'));
  writer.describe(ID + 1, text(ID + 1, "REC->a"));
  writer.describe(ID + 2, text(ID + 2, '"%d", REC->a'));
  writer.describe(ID + 3, "no format");
  const reader = new RegionReader(buffer);
  drainAll(reader);
  const { events } = reader;
  assertEquals(events.takeProblems(), []);
  for (let id = ID; id < ID + 4; id++) events.find(0, id, 0, 1);
  const [refused, ...others] = events.takeProblems();
  assertEquals(refused.event, `event ${ID + 3}`);
  assertEquals(others, [
    {
      event: "tests:event_300",
      problems: ["jiffies, which only the kernel knows"],
    },
    { event: "tests:event_301", problems: ["its print format"] },
  ]);
  assertEquals(events.takeProblems(), []);
});

Deno.test("what is not understood is kept of so many formats only", () => {
  const { buffer, writer } = makeRegion({ metaBytes: 1 << 21 }, 1 << 23);
  for (let id = 1; id <= 1100; id++) writer.describe(id, "no format");
  for (let id = 2001; id <= 3100; id++) {
    writer.describe(id, formatText([], { id, print: '"%d", jiffies' }));
  }
  const reader = new RegionReader(buffer);
  drainAll(reader);
  for (let id = 1; id <= 3100; id++) reader.events.find(0, id, 0, 1);
  assertEquals(reader.totals.corrupt, 1100);
  const problems = reader.events.takeProblems();
  const isRefusal = problems.filter(({ event }) => event.startsWith("event "));
  assertEquals([problems.length, isRefusal.length], [2048, 1024]);
});

Deno.test("a recorder knows them too", () => {
  const { buffer, writer } = region();
  const recorder = new RegionRecorder(buffer);
  writer.describe(ID, named("first"));
  writer.write(0, ID, record());
  recorder.drain(() => {});
  assertEquals(recorder.events.find(0, ID, 0, 1)?.name, "first");
});

Deno.test("a live reader keeps the formats of driver starts gone by", () => {
  const { buffer, writer } = region();
  const live = new RegionReader(buffer);
  const seen: string[] = [];
  for (let epoch = 0; epoch < 3; epoch++) {
    if (epoch > 0) writer.restart();
    writer.describe(ID, named(`start${epoch}`));
    writer.write(0, ID, record());
    seen.push(...names(live));
  }
  assertEquals(seen, ["start0", "start1", "start2"]);
  assertEquals(live.events.epochs, [0, 1, 2]);
  assertEquals(live.totals.opaque, 0);
  // Whoever comes late finds the last two, because the first one's part was
  // reused.
  const late = new RegionReader(buffer);
  assertEquals(names(late), ["", "start1", "start2"]);
  for (let epoch = 3; epoch < 6; epoch++) {
    writer.restart();
    writer.describe(ID, named(`start${epoch}`));
    names(live);
  }
  assertEquals(live.events.epochs, [2, 3, 4, 5]);
});

Deno.test("a new session forgets them", () => {
  const { buffer, writer } = region();
  writer.describe(ID, named("old"));
  const reader = new RegionReader(buffer);
  drainAll(reader);
  const next = new RegionWriter(buffer, { nrTrace: 2, metaBytes: META_BYTES });
  next.write(0, ID, record());
  assertEquals(names(reader), [""]);
  assertEquals(reader.events.formats(0), []);
});

Deno.test("records that disagree with their format are opaque", () => {
  const { buffer, writer } = region();
  const fields = [field("u32 a", 8, 4), field("__data_loc u8[] more", 12, 4)];
  writer.describe(ID, formatText(fields, { name: "whole" }));
  const write = (hex: string, id = ID) =>
    writer.write(0, ID, entry(Uint8Array.fromHex(hex), { id }));
  write("00000000" + "10000100" + "ff"); // this one is valid
  write("00000000" + "10000000"); // no bytes
  write("00000000" + "100001"); // too short
  write("00000000" + "10000200" + "ff"); // ends outside
  write("00000000" + "ffff0100" + "ff"); // begins outside
  write("00000000" + "10000100" + "ff", ID + 1); // with another id
  const reader = new RegionReader(buffer);
  assertEquals(names(reader), ["whole", "whole", "", "", "", ""]);
  assertEquals(reader.totals.opaque, 4);
});

Deno.test("a record whose dynamic fields share their bytes is opaque", () => {
  const { buffer, writer } = region();
  const fields = ["a", "b"].map((name, i) =>
    field(`__data_loc u8[] ${name}`, 8 + 4 * i, 4)
  );
  writer.describe(ID, formatText(fields, { name: "two" }));
  const bytes = "ff".repeat(48);
  const write = (where: string) =>
    writer.write(0, ID, entry(Uint8Array.fromHex(where + bytes)));
  write("10001800" + "28001800"); // one behind the other
  write("10003000" + "40000000"); // one has all, the other nothing
  write("10003000" + "10003000"); // both have all
  const reader = new RegionReader(buffer);
  assertEquals(names(reader), ["two", "two", ""]);
});

Deno.test("a record of plain fields that is too short is opaque", () => {
  const { buffer, writer } = region();
  writer.describe(ID, named("whole"));
  writer.write(0, ID, entry(new Uint8Array(3)));
  writer.write(0, ID, entry(new Uint8Array(4)));
  writer.write(0, ID, entry(new Uint8Array(5)));
  const reader = new RegionReader(buffer);
  assertEquals(names(reader), ["", "whole", "whole"]);
});

/** Makes three entries, and changes the middle one. */
function bentEntry(bend: (view: DataView, at: number) => void): {
  names: string[];
  reader: RegionReader;
  writer: RegionWriter;
} {
  const { buffer, writer, view, meta } = region();
  for (let i = 0; i < 3; i++) {
    writer.describe(ID + i, named(`n${i}`, ID + i));
  }
  const first = meta + META.size;
  const bytes = view.getUint32(first + META_ENTRY.textBytes, true);
  const second = (first + META_ENTRY.size + bytes + 7) & ~7;
  bend(view, second);
  const reader = new RegionReader(buffer);
  drainAll(reader);
  drainAll(reader);
  const known = reader.events.formats(0).map(({ format }) => format.name);
  return { names: known, reader, writer };
}

const COSTS_ITSELF: readonly [string, (view: DataView, at: number) => void][] =
  [
    ["another checksum", (v, at) => v.setUint32(at + META_ENTRY.checksum, 1)],
    ["an unknown kind", (v, at) => v.setUint16(at + META_ENTRY.kind, 2, true)],
    ["id 0", (v, at) => v.setUint16(at + META_ENTRY.id, 0, true)],
    [
      "an id of the protocol's",
      (v, at) => v.setUint16(at + META_ENTRY.id, 0xff00, true),
    ],
    [
      "another id than its text",
      (v, at) => v.setUint16(at + META_ENTRY.id, 999, true),
    ],
    [
      "a changed text",
      (v, at) => v.setUint8(at + META_ENTRY.size + 20, 0x41),
    ],
  ];

for (const [what, bend] of COSTS_ITSELF) {
  Deno.test(`a metadata entry costs itself: ${what}`, () => {
    const { names, reader } = bentEntry(bend);
    assertEquals(names, ["n0", "n2"]);
    assertEquals(reader.totals.corrupt, 1);
  });
}

for (const bytes of [0, 65537, 40000, 0xffffffff]) {
  Deno.test(`a metadata entry costs the rest of its part: ${bytes} bytes`, () => {
    const { names, reader, writer } = bentEntry((view, at) =>
      view.setUint32(at + META_ENTRY.textBytes, bytes, true)
    );
    assertEquals(names, ["n0"]);
    assertEquals(reader.totals.corrupt, 1);
    writer.describe(ID, named("behind"));
    drainAll(reader);
    assertEquals(reader.events.formats(0).length, 1);
    assertEquals(reader.totals.corrupt, 1);
  });
}

Deno.test("a part that broke is whole again when it is begun anew", () => {
  const { buffer, writer, view, meta } = region();
  writer.describe(ID, named("broken"));
  view.setUint32(meta + META.size + META_ENTRY.textBytes, 0, true);
  const reader = new RegionReader(buffer);
  assertEquals(names(reader), []);
  writer.describe(ID, named("behind"));
  assertEquals(names(reader), []);
  assertEquals(reader.events.formats(0), []);
  assertEquals(reader.totals.corrupt, 1);
  writer.restart();
  writer.restart();
  writer.describe(ID, named("again"));
  writer.write(0, ID, record());
  assertEquals(names(reader), ["again"]);
  assertEquals(reader.totals.corrupt, 1);
});

/** Behind the last byte of the only text, but not behind its padding. */
const UNPADDED = META.size + META_ENTRY.size + named("gone").length;
assert(UNPADDED % 8 !== 0);

const COMMITS: readonly [string, bigint][] = [
  ["within the head", 8n],
  ["not a multiple of 8", BigInt(UNPADDED)],
  ["behind the part", BigInt(PART_BYTES + 8)],
  ["beyond all limits", 1n << 60n],
];

for (const [what, commit] of COMMITS) {
  Deno.test(`a metadata commit word costs its part, once: ${what}`, () => {
    const { buffer, writer, view, meta } = region();
    writer.describe(ID, named("gone"));
    view.setBigUint64(meta + META.commit, commit, true);
    const reader = new RegionReader(buffer);
    for (let i = 0; i < 3; i++) drainAll(reader);
    assertEquals(reader.events.formats(0), []);
    assertEquals(reader.totals.corrupt, 1);
  });
}

Deno.test("a part of the other part's driver starts is not believed", () => {
  const { buffer, writer, view, meta } = region();
  writer.describe(ID, named("good"));
  const other = meta + PART_BYTES;
  const part = new Uint8Array(buffer, meta, PART_BYTES).slice();
  new Uint8Array(buffer, other, PART_BYTES).set(part);
  const reader = new RegionReader(buffer);
  drainAll(reader);
  const known = reader.events.formats(0).map(({ format }) => format.name);
  assertEquals(known, ["good"]);
  assertEquals(reader.totals.corrupt, 1);
  view.setUint32(other + META.epoch, 7, true); // odd ones belong here
  drainAll(reader);
  assertEquals(reader.events.formats(7).length, 1);
});

Deno.test("what is known stays known while a part is begun anew", () => {
  const { buffer, writer, view, meta } = region();
  writer.describe(ID, named("good"));
  const reader = new RegionReader(buffer);
  drainAll(reader);
  const { version } = reader.events;
  view.setBigUint64(meta + META.commit, 0n, true);
  drainAll(reader);
  assertEquals(reader.events.version, version);
  assertEquals(reader.totals.corrupt, 0);
  assertEquals(reader.events.find(0, ID, 0, 1)?.name, "good");
});

/** What a guest does right behind the copy, and whether the copy counts. */
const MEANWHILE: readonly [
  string,
  boolean,
  (view: DataView, meta: number) => boolean,
][] = [
  ["nothing", true, () => true],
  ["one more text", true, (view, meta) => {
    view.setBigUint64(meta + META.commit, BigInt(PART_BYTES), true);
    return true;
  }],
  ["it is begun anew", false, (view, meta) => {
    view.setBigUint64(meta + META.commit, 0n, true);
    return true;
  }],
  ["it is another driver start's already", false, (view, meta) => {
    view.setUint32(meta + META.epoch, 2, true);
    return true;
  }],
  ["the session is another", false, () => false],
];

for (const [what, counts, change] of MEANWHILE) {
  Deno.test(`metadata copied, and meanwhile ${what}`, () => {
    const { buffer, writer, view, meta } = region();
    writer.describe(ID, named("good"));
    const bytes = new Uint8Array(buffer);
    const place = { index: 0, offset: meta, bytes: PART_BYTES };
    const part = new MetadataPart(
      bytes,
      new SharedWords(buffer),
      place,
      () => change(view, meta),
    );
    assertEquals(part.news()?.texts.length, counts ? 1 : undefined);
  });
}

Deno.test("a text beyond the limit costs the rest of its part", () => {
  const { buffer, writer } = makeRegion({ metaBytes: 1 << 18 }, 1 << 20);
  const view = new DataView(buffer);
  const meta = Number(view.getBigUint64(REGION_HEADER.metaOffset, true));
  writer.describe(ID, "x".repeat(65536));
  writer.describe(ID, named("behind"));
  const at = meta + META.size;
  const text = new Uint8Array(buffer, at + META_ENTRY.size, 65537);
  view.setUint32(at + META_ENTRY.textBytes, text.length, true);
  view.setUint32(at + META_ENTRY.checksum, crc32(text), true);
  const place = { index: 0, offset: meta, bytes: 1 << 17 };
  const part = new MetadataPart(
    new Uint8Array(buffer),
    new SharedWords(buffer),
    place,
    () => true,
  );
  const news = part.news()!;
  assertEquals(news.texts, []);
  assertEquals(news.corrupt, 1);
});

Deno.test("times of an id that fall cost the entry", () => {
  const { buffer, writer, view, meta } = region();
  writer.describe(ID, named("first"));
  writer.describe(ID, named("second"));
  view.setBigUint64(meta + META.size + META_ENTRY.timestamp, 1n << 62n, true);
  const reader = new RegionReader(buffer);
  drainAll(reader);
  assertEquals(reader.events.formats(0).length, 1);
  assertEquals(reader.totals.corrupt, 1);
});

Deno.test("texts are kept up to a limit; the oldest driver starts go first", () => {
  const metaBytes = 8 << 20;
  const buffer = new ArrayBuffer(10 << 20);
  const writer = new RegionWriter(buffer, { nrTrace: 1, metaBytes });
  const reader = new RegionReader(buffer);
  const long = (name: string) =>
    formatText(NUMBER, { name, print: `"${"x".repeat(65000)}"` });
  writer.describe(ID, named("oldest"));
  names(reader);
  for (let epoch = 1; epoch < 3; epoch++) {
    writer.restart();
    for (let i = 0; i < 62; i++) assert(writer.describe(ID, long(`n${i}`)));
    names(reader);
  }
  assertEquals(reader.events.epochs, [0, 1, 2]);
  writer.restart();
  while (writer.describe(ID, long("next")));
  names(reader);
  assertEquals(reader.events.epochs, [2, 3]);
  assert(reader.events.formats(3).length > 60);
  assertEquals(reader.totals.corrupt, 0);
});

Deno.test("what is kept of very many texts is bounded", () => {
  const metaBytes = 8 << 20;
  const buffer = new ArrayBuffer(10 << 20);
  const writer = new RegionWriter(buffer, { nrTrace: 1, metaBytes });
  let published = 0;
  while (writer.describe(ID + published % 1000, "\n")) published++;
  const reader = new RegionReader(buffer);
  drainAll(reader);
  const refused = reader.totals.corrupt;
  const kept = published - refused;
  assert(published > 100_000);
  assert(kept > 10_000 && kept < 40_000, `${kept} texts are kept`);
});

Deno.test("a guest that went back is read again", () => {
  const { buffer, writer } = region();
  const reader = new RegionReader(buffer);
  for (const name of ["one", "two"]) {
    writer.describe(ID, named(name));
    for (let i = 0; i < 300; i++) writer.write(0, ID, record());
  }
  assertEquals(new Set(names(reader)), new Set(["one", "two"]));
  // This is as if the same guest went back to its start and took another way.
  const { buffer: other, writer: again } = region();
  for (const name of ["a", "b", "c"]) again.describe(ID, named(name));
  for (let i = 0; i < 10; i++) again.write(0, ID, record());
  const header = new Uint8Array(buffer, 0, REGION_HEADER.size).slice();
  new Uint8Array(buffer).set(new Uint8Array(other));
  new Uint8Array(buffer).set(header);
  const seen = names(reader);
  assertEquals(reader.totals.rewound, 1);
  assertEquals(new Set(seen), new Set(["c"]));
});

Deno.test("a region without metadata has no formats", () => {
  const { buffer, writer } = makeRegion();
  say(writer, 0, "x");
  writer.write(0, ID, record());
  const reader = new RegionReader(buffer);
  assertEquals(names(reader), [""]);
  assertEquals(reader.events.epochs, []);
});
