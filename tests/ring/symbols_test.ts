// SPDX-License-Identifier: MIT
// Tests the names of functions that a guest publishes.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { RingCorruptError } from "../../ring/errors.ts";
import { symbolPlaceText } from "../../ring/events/symbols.ts";
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { CachedSymbols } from "../../ring/symbols/cached_symbols.ts";
import { gunzip } from "../../ring/symbols/inflate.ts";
import { PublishedSymbols } from "../../ring/symbols/published_symbols.ts";
import {
  parseSlice,
  SLICE_BYTES_MAX,
} from "../../ring/symbols/symbol_slice.ts";
import { parseSummary } from "../../ring/symbols/symbol_summary.ts";
import { halvesOf, type SymbolTable } from "../../ring/symbols/symbol_table.ts";
import { drainAll, makeRegion } from "../support/regions.ts";
import {
  gzipped,
  longSlice,
  publishSymbols,
  SLICE,
  summaryText,
  symbolText,
} from "../support/symbols.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Returns what the kernel would print of an address; "" if it has no name. */
function nameIn(table: SymbolTable, address: bigint): string {
  const { high, low } = halvesOf(address);
  const place = table.find(high, low);
  return place === null ? "" : symbolPlaceText(place, true);
}

function refuses(text: string | Uint8Array<ArrayBuffer>): void {
  const bytes = typeof text === "string" ? utf8(text) : text;
  assertThrows(() => parseSlice(bytes), RingCorruptError);
}

function readerOf(
  ...args: Parameters<typeof publishSymbols> extends [unknown, ...infer Rest]
    ? Rest
    : never
): RegionReader {
  const { buffer, writer } = makeRegion({ metaBytes: 1 << 17 }, 1 << 20);
  publishSymbols(writer, ...args);
  const reader = new RegionReader(buffer);
  drainAll(reader);
  return reader;
}

/** Returns what a reader says of an address in epoch 0. */
function nameBy(reader: RegionReader, address: bigint): string {
  const place = reader.events.symbols(0)?.find(address) ?? null;
  return place === null ? "" : symbolPlaceText(place, true);
}

Deno.test("symbols: a slice, as it is and compressed", () => {
  for (const bytes of [utf8(SLICE), gzipped(SLICE)]) {
    const table = parseSlice(bytes);
    const names = [
      [0xffffffff81000000n, "_stext+0x0/0x40"],
      [0xffffffff8100003fn, "_stext+0x3f/0x40"],
      [0xffffffff81000040n, "do_idle+0x0/0xfc0"],
      [0xffffffff81001fffn, "vfs_read+0xfff/0x1000"],
      [0xffffffff81002000n, ""],
      [0xffffffff810027ffn, ""],
      [0xffffffff81002800n, "ksys_read+0x0/0x800"],
      [0xffffffff81003000n, ""],
      [0xffffffffc0000fffn, ""],
      [0xffffffffc000104fn, "ext4_open+0x4f/0x50 [ext4]"],
      [0xffffffffc0001050n, ""],
      [0xffffffff80ffffffn, ""],
      [0n, ""],
      [0xffffffffffffffffn, ""],
    ] as const;
    for (const [address, name] of names) {
      assertEquals(nameIn(table, address), name, address.toString(16));
    }
  }
});

Deno.test("symbols: an empty slice, and one with unsorted jumps", () => {
  assertEquals(parseSlice(utf8("")).count, 0);
  const table = parseSlice(
    utf8("@2000\n10 later\n@1000\n20 early\n[m]\n@2000\n8 again\n"),
  );
  assertEquals(nameIn(table, 0x101fn), "early+0x1f/0x20");
  assertEquals(nameIn(table, 0x1020n), "");
  // The first of one address, up to the next place that is known.
  assertEquals(nameIn(table, 0x2001n), "later+0x1/0x8");
  // The low half carries into the high one.
  const over = parseSlice(utf8("@fffffff0\n20 across\n10 behind\n"));
  assertEquals(nameIn(over, 0x1_0000_0005n), "across+0x15/0x20");
  assertEquals(nameIn(over, 0x1_0000_0010n), "behind+0x0/0x10");
});

Deno.test("symbols: slices that are not as they should be are refused", () => {
  for (
    const text of [
      "10 name\n", // without an address
      "@\n10 name\n",
      "@1000\n10 name", // without a line end
      "@1000\n\n",
      "@1000\n0 name\n",
      "@1000\n10  name\n",
      "@1000\n10 a b\n",
      "@1000\n10 \n",
      "@1000\n10\tname\n",
      "@1000\n10 na\x1bme\n",
      "@1000\n10 na\x80me\n",
      "@1000\nA name\n",
      "@1000\n0x10 name\n",
      "@1000\n123456789 name\n",
      "@1000 \n10 name\n",
      "@12345678901234567\n",
      "@1000\n[a\n10 name\n",
      "@1000\n[a]b]\n10 name\n",
      "@1000\n[a b]\n10 name\n",
      "@1000\n[\n10 name\n",
      `@1000\n[${"m".repeat(64)}]\n`,
      `@1000\n10 ${"n".repeat(512)}\n`,
      "@fffffffffffffff0\n20 name\n",
    ]
  ) {
    refuses(text);
    refuses(gzipped(text));
  }
  assertEquals(
    parseSlice(
      utf8(`@1000\n[${"m".repeat(63)}]\n10 ${"n".repeat(511)}\n`),
    ).count,
    2,
  );
});

Deno.test("symbols: all that gzip can make is decompressed", () => {
  const random = new Uint8Array(3000);
  crypto.getRandomValues(random);
  const texts = [
    new Uint8Array(0),
    utf8("a"),
    utf8(SLICE.repeat(100)),
    random, // not compressible: stored
    utf8("x".repeat(60000)), // copies of what is just being written
    utf8(Array.from({ length: 9000 }, (_, i) => `${i * i}`).join(" ")),
    random.map((byte) => byte & 3),
  ];
  for (const text of texts) {
    assertEquals(gunzip(gzipped(text), 1 << 20), text);
  }
});

Deno.test("symbols: compressed bytes that are spoilt are refused", () => {
  const good = gzipped(SLICE.repeat(10));
  const end = good.length;
  const refusesBytes = (bytes: Uint8Array) =>
    assertThrows(() => gunzip(bytes, 1 << 20), RingCorruptError);
  for (let bytes = 0; bytes < end; bytes++) {
    refusesBytes(good.subarray(0, bytes));
  }
  for (let i = 0; i < end; i++) {
    if (i >= 4 && i < 10) continue; // time and system, which mean nothing
    refusesBytes(good.with(i, good[i] ^ 1 << i % 8));
  }
  refusesBytes(new Uint8Array([...good, 0]));
  refusesBytes(new Uint8Array([...good, ...good]));
  refuses(new Uint8Array([...good, ...good]));
});

Deno.test("symbols: a compressed slice that is too large takes no memory", () => {
  const long = longSlice(12_000);
  const end = long.lastIndexOf("\n", SLICE_BYTES_MAX - 1) + 1;
  assert(parseSlice(gzipped(long.slice(0, end))).count > 10_000);
  refuses(gzipped(long.slice(0, SLICE_BYTES_MAX + 1).replace(/.$/s, "\n")));
  // One that becomes many times as long costs much more than its bytes.
  refuses(gzipped("@1\n".repeat(1000)));
  const bomb = gzipped(new Uint8Array(8 << 20));
  const began = performance.now();
  refuses(bomb);
  assertThrows(() => gunzip(bomb, SLICE_BYTES_MAX), RingCorruptError);
  // One that lies about its size ends where it said.
  const liar = bomb.slice();
  new DataView(liar.buffer).setUint32(liar.length - 4, 100, true);
  refuses(liar);
  assert(performance.now() - began < 1000);
});

Deno.test("symbols: summaries", () => {
  const summary = parseSummary(utf8(`${summaryText()}later: more\n`));
  assertEquals([summary.state, summary.slices], ["complete", 1]);
  assertEquals([summary.symbols, summary.neededBytes], [4, 1000]);
  assertEquals(summary.anchors[0], {
    name: "_stext",
    address: 0xffffffff81000000n,
  });
  const good = summaryText();
  for (
    const text of [
      "",
      "\n",
      good.slice(0, -1),
      good.replace("complete", "splendid"),
      good.replace(/state.*\n/, ""),
      good.replace("slices: 1", "slices: -1"),
      good.replace("slices: 1", "slices: 128"),
      good.replace("slices: 1", "slices: 1234567890"),
      good.replace("needed: 1000\n", ""),
      good.replace("_stext", "_st ext"),
      good.replace("ffffffff81000000", "FFFFFFFF81000000"),
      good.replace("ffffffff81000000", "fffffffff81000000"),
      `${good}\x1b: x\n`,
      good + "anchor: 1 a\n".repeat(31),
      good + `x: ${"y".repeat(500)}\n`.repeat(8),
    ]
  ) {
    assertThrows(() => parseSummary(utf8(text)), RingCorruptError);
  }
});

Deno.test("symbols: what a guest publishes names its addresses", () => {
  const other = "@ffffffff82000000\n10 second\n";
  const reader = readerOf([gzipped(SLICE), other]);
  assertEquals(
    nameBy(reader, 0xffffffff81001234n),
    "vfs_read+0x234/0x1000",
  );
  assertEquals(nameBy(reader, 0xffffffff82000001n), "second+0x1/0x10");
  assertEquals(nameBy(reader, 0xffffffff83000001n), "");
  assertEquals(reader.events.symbols(1), null);
  assertEquals(reader.totals.corrupt, 0);
  assertEquals(reader.events.formats(0), []);
});

Deno.test("symbols: none are known without a summary, or with one that has no room", () => {
  const { buffer, writer } = makeRegion({ metaBytes: 1 << 16 }, 1 << 20);
  const id = ABI.META_ID_SYMBOLS + 1;
  writer.describe(id, symbolText(id, SLICE));
  const bare = new RegionReader(buffer);
  drainAll(bare);
  assertEquals(bare.events.symbols(0), null);
  const none = readerOf([], summaryText({ state: "no room", slices: 0 }));
  assertEquals(none.events.symbols(0), null);
  const summary = none.events.publishedSymbols(0)!.summary!;
  assertEquals(summary.anchors.length, 2);
});

Deno.test("symbols: slices beyond those of the summary are not used", () => {
  const reader = readerOf(
    [SLICE, "@1000\n10 stale\n"],
    summaryText({ slices: 1 }),
  );
  assertEquals(nameBy(reader, 0x1000n), "");
});

Deno.test("symbols: a slice that is published again replaces the first", () => {
  const { buffer, writer } = makeRegion({ metaBytes: 1 << 16 }, 1 << 20);
  publishSymbols(writer);
  const reader = new RegionReader(buffer);
  drainAll(reader);
  assertEquals(nameBy(reader, 0xffffffff81000000n), "_stext+0x0/0x40");
  publishSymbols(writer, ["@1000\n10 new\n"]);
  drainAll(reader);
  assertEquals(nameBy(reader, 0xffffffff81000000n), "");
  assertEquals(nameBy(reader, 0x1000n), "new+0x0/0x10");
  const id = ABI.META_ID_SYMBOLS + 1;
  writer.describe(id, "\n"); // withdrawn
  drainAll(reader);
  assertEquals(nameBy(reader, 0x1000n), "");
  assertEquals(reader.totals.corrupt, 0);
});

Deno.test("symbols: a corrupt slice is lost by itself, and counted once used", () => {
  const reader = readerOf([SLICE, gzipped("@1\nnonsense\n"), "@9\n1 last\n"]);
  assertEquals(reader.totals.corrupt, 0); // nothing was looked up
  assertEquals(nameBy(reader, 9n), "last+0x0/0x1");
  assertEquals(nameBy(reader, 10n), "");
  assertEquals(nameBy(reader, 0xffffffff81000000n), "_stext+0x0/0x40");
  assertEquals(reader.totals.corrupt, 1);
});

Deno.test("symbols: memory for them is bounded, and given back", () => {
  const memory = { leftBytes: 400 };
  let corrupt = 0;
  const id = ABI.META_ID_SYMBOLS;
  const symbols = new PublishedSymbols(memory, () => corrupt++);
  const take = (slice: number, text: string) =>
    symbols.take({ id: id + slice, text: symbolText(id + slice, text) });
  take(0, summaryText({ slices: 3 }));
  take(1, SLICE);
  take(2, SLICE);
  take(3, SLICE);
  assertEquals(symbols.find(1n), null);
  assertEquals(corrupt, 1);
  assert(memory.leftBytes >= 0 && memory.leftBytes < 250);
  take(1, "");
  take(2, "");
  assertEquals(symbols.find(1n), null);
  symbols.forget();
  assertEquals(memory.leftBytes, 400);
});

Deno.test("symbols: what was found is remembered, up to a limit", () => {
  let asked = 0;
  const cached = new CachedSymbols([
    { find: () => null },
    { find: () => (asked++, null) },
  ]);
  for (let round = 0; round < 3; round++) {
    for (let i = 0n; i < 4096n; i++) cached.find(i);
  }
  assertEquals(asked, 4096);
  cached.find(5000n);
  cached.find(1n);
  assertEquals(asked, 4098);
});
