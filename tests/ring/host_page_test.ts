// SPDX-License-Identifier: MIT
/** Tests what the host tells the guest, and how the next host finds it. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { consumerCursor, readConsumer } from "../../ring/consumer.ts";
import { CursorError, type RegionCursor } from "../../ring/cursor.ts";
import { readHeader, type RegionInfo } from "../../ring/header.ts";
import { HostPage } from "../../ring/host_page.ts";
import { ABI, BLOCK, CONSUMER, HOST, RING_DESC } from "../../ring/layout.ts";
import { readCounts } from "../../ring/live.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { Totals } from "../../ring/totals.ts";
import type { RegionWriter } from "../../ring/writer/writer.ts";
import { drainAll, makeRegion, part, say } from "../support/regions.ts";

/** A region, its header, and its host pages. */
class Region {
  readonly buffer: ArrayBuffer;
  readonly writer: RegionWriter;
  readonly info: RegionInfo;
  readonly page: HostPage;
  readonly view: DataView;

  constructor(nrTrace = 2) {
    ({ buffer: this.buffer, writer: this.writer } = makeRegion({ nrTrace }));
    this.info = readHeader(this.buffer)!;
    // These are only the pages, as a process has them mapped.
    const { hostOffset, hostBytes, rings } = this.info;
    const pages = new ArrayBuffer(hostBytes);
    this.page = new HostPage(pages, rings.length);
    this.view = new DataView(this.buffer);
    this.#copy = () =>
      new Uint8Array(this.buffer, hostOffset, hostBytes)
        .set(new Uint8Array(pages));
  }

  readonly #copy: () => void;

  /** Stores a cursor in the host pages, and shows the guest what was stored. */
  consume(cursor: RegionCursor): void {
    this.page.consume(cursor);
    this.#copy();
  }

  /** Reads everything, and returns where the reader then is. */
  read(): RegionCursor {
    const reader = new RegionReader(this.buffer);
    drainAll(reader);
    return reader.consumed()!;
  }

  /** Returns the offset of one of a consumer's words. */
  at(ring: number, field: number): number {
    return this.info.hostOffset + HOST.size + ring * CONSUMER.size + field;
  }

  set(ring: number, field: number, value: bigint): void {
    this.view.setBigUint64(this.at(ring, field), value, true);
  }

  /** Goes on where the consumer was, and returns what is read. */
  resume(): { texts: string[]; totals: Totals } {
    const cursor = consumerCursor(this.buffer, this.info);
    const totals = new Totals();
    const reader = new RegionReader(this.buffer, totals, cursor);
    return { texts: drainAll(reader).map(({ text }) => text), totals };
  }
}

Deno.test("host page: consumers are told and found again", () => {
  const region = new Region();
  assertEquals(consumerCursor(region.buffer, region.info), null);
  for (let i = 0; i < 5; i++) say(region.writer, i % 2, `line ${i}`);
  const cursor = region.read();
  region.consume(cursor);
  assertEquals(consumerCursor(region.buffer, region.info), {
    ...cursor,
    rings: cursor.rings.map((ring) => ({ ...ring, torn: true })),
  });
  const { sessionId, positions } = readConsumer(region.buffer, region.info);
  assertEquals(sessionId, region.info.sessionId);
  assertEquals(positions, cursor.rings.map(({ position }) => position));
  assertEquals(region.resume().texts, []);
  say(region.writer, 1, "more");
  const { texts, totals } = region.resume();
  assertEquals([texts, totals.lost, totals.rewound], [["more"], 0, 0]);
});

Deno.test("host page: those of another session mean nothing", () => {
  const region = new Region();
  say(region.writer, 0, "one");
  region.consume({ ...region.read(), sessionId: 77n });
  assertEquals(consumerCursor(region.buffer, region.info), null);
});

/** A consumer that is killed between any two stores repeats no record. */
Deno.test("host page: half told, none is repeated and none is left out", () => {
  const fields = ["drops", "nextSeq", "position", "seq"] as const;
  for (const [from, to] of [[3, 5], [3, 300], [1, 2], [200, 900]]) {
    for (let stores = 0; stores <= fields.length; stores++) {
      const region = new Region();
      for (let i = 0; i < from; i++) say(region.writer, 0, `line ${i}`);
      region.consume(region.read());
      for (let i = from; i < to; i++) say(region.writer, 0, `line ${i}`);
      const { position, seq, next, drops } = region.read().rings[0];
      const values = { drops, nextSeq: next, position, seq };
      for (const field of fields.slice(0, stores)) {
        region.set(0, CONSUMER[field], BigInt(values[field]));
      }
      say(region.writer, 0, "last");
      const { texts, totals } = region.resume();
      // What `next_seq` says was delivered.
      const first = stores < 2 ? from : to;
      const expected = Array.from(
        { length: to - first },
        (_, i) => `line ${first + i}`,
      );
      assertEquals(texts, [...expected, "last"], `${from} ${to} ${stores}`);
      assertEquals([totals.lost, totals.rewound], [0, 0]);
    }
  }
});

Deno.test("host page: what was overwritten since is lost, exactly", () => {
  const region = new Region();
  say(region.writer, 0, "one");
  region.consume(region.read());
  for (let i = 0; i < 9000; i++) say(region.writer, 0, `line ${i}`);
  const { texts, totals } = region.resume();
  assertEquals(texts.length + totals.lost, 9000);
  assert(totals.lost > 0);
});

const IMPOSSIBLE: readonly (readonly [string, number, bigint])[] = [
  ["a position beyond 2^52", CONSUMER.position, 2n ** 63n],
  ["a position askew", CONSUMER.position, 4096n + 68n],
  ["a position within a header", CONSUMER.position, 4096n + 8n],
  ["a sequence beyond 2^52", CONSUMER.nextSeq, 2n ** 63n],
  ["drops beyond 2^52", CONSUMER.drops, 2n ** 63n],
];

for (const [what, field, value] of IMPOSSIBLE) {
  Deno.test(`host page: ${what} is no cursor`, () => {
    const region = new Region();
    region.consume(region.read());
    region.set(1, field, value);
    assertThrows(() => consumerCursor(region.buffer, region.info), CursorError);
  });
}

Deno.test("host page: no position makes us read beyond the region", () => {
  const region = new Region();
  // The last ring must end where the region does.
  const ring = region.info.rings.findLast(() => true)!;
  const { index, dataOffset, nrBlocks, blockBytes } = ring;
  region.consume(region.read());
  const last = nrBlocks - 1 + nrBlocks;
  const slot = dataOffset + (nrBlocks - 1) * blockBytes;
  region.view.setBigUint64(slot + BLOCK.packetSeqNum, BigInt(last), true);
  const live = ring.descOffset + RING_DESC.live;
  const commit = BigInt((last + 5) * blockBytes);
  region.view.setBigUint64(live, commit, true);
  for (const bits of [0, 8 * blockBytes, 0xffffffff]) {
    region.view.setUint32(slot + BLOCK.contentSize, bits, true);
    for (let offset = BLOCK.size; offset < blockBytes; offset += 8) {
      const position = last * blockBytes + offset;
      region.set(index, CONSUMER.position, BigInt(position));
      const cut = region.buffer.slice(0, dataOffset + nrBlocks * blockBytes);
      const cursor = consumerCursor(cut, region.info)!;
      assertEquals(cursor.rings[index].position, position);
      assert(cursor.rings[index].seq <= cursor.rings[index].next);
    }
  }
});

Deno.test("consumed: a message under way keeps half its ring at most", () => {
  const region = new Region();
  const { blockBytes, nrBlocks } = region.info.rings[0];
  const most = region.writer.maxPayloadBytes - 16;
  const total = ABI.MESSAGE_BYTES_MAX;
  const reader = new RegionReader(region.buffer);
  const sink = () => {};
  let gaveUp = false;
  for (let offset = 0; offset + most < total; offset += most) {
    const text = "x".repeat(most);
    region.writer.write(0, ABI.ID_PART, part(0, offset, total, text));
    while (reader.drain(sink).held);
    const kept = reader.cursor()!.rings[0];
    const told = reader.consumed()!.rings[0];
    assertEquals(kept.seq, 0);
    const [{ position }] = readCounts(region.buffer, region.info);
    assert(position - told.position <= nrBlocks * blockBytes / 2);
    if (told.position !== kept.position) {
      gaveUp = true;
      assertEquals(told.seq, told.next);
    }
  }
  assert(gaveUp);
});

Deno.test("host page: arming is another word than consuming", () => {
  const pages = new ArrayBuffer(4096);
  const page = new HostPage(pages, 1);
  page.arm({ armed: 5, doorbell: 0xff0000, thresholdBytes: 512 });
  page.beat(9n);
  const view = new DataView(pages);
  assertEquals(view.getUint32(HOST.armed, true), 5);
  assertEquals(view.getUint32(HOST.doorbell, true), 0xff0000);
  assertEquals(view.getUint32(HOST.thresholdBytes, true), 512);
  assertEquals(view.getBigUint64(HOST.beat, true), 9n);
  const set = new Uint8Array(pages).filter((byte) => byte !== 0);
  assertEquals([...set], [5, 0xff, 2, 9]);
});
