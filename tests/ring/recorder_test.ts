// SPDX-License-Identifier: MIT
/** Reads sealed packets back: what a recorder makes of a region's records. */
import { assert, assertEquals } from "@std/assert";
import { Batch } from "../../ring/batch.ts";
import { readHeader } from "../../ring/header.ts";
import { ABI, BLOCK, RECORD } from "../../ring/layout.ts";
import type { PacketClass } from "../../ring/ctf/packet_classes.ts";
import { packetLength, PacketReader } from "../../ring/ctf/packet_reader.ts";
import {
  type RecorderOptions,
  RegionRecorder,
  type StreamId,
} from "../../ring/ctf/recorder.ts";
import { klogPayload } from "../../ring/writer/writer_payloads.ts";
import { checkPacket } from "../fuzz/packet.ts";
import {
  entry,
  field,
  FIXTURES,
  formatText,
  readFixture,
} from "../support/events.ts";
import { writeFixture } from "../support/made_up.ts";
import { makeRegion, say } from "../support/regions.ts";
import {
  ODD_ID,
  ODD_TEXT,
  oddPayload,
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";

const META_BYTES = 1 << 16;

/** A record that was read back. */
interface Back {
  /** The event's name; "" if it is no event of the kernel. */
  name: string;
  id: number;
  seq: number;
  payload: Uint8Array;
}

/** The packets of one stream, as a file would hold them. */
class Stored {
  readonly packets: Uint8Array<ArrayBuffer>[] = [];
  constructor(readonly stream: StreamId) {}

  /** Reads all packets back. */
  read(): { records: Back[]; lost: number } {
    const records: Back[] = [];
    let lost = 0;
    const { ring, classes } = this.stream;
    const reader = new PacketReader(ring, classes.list, {
      record: (view, known: PacketClass | null) => {
        const { id, seq, bytes, payloadOffset: at, payloadBytes } = view;
        const payload = bytes.slice(at, at + payloadBytes);
        const name = known?.format.name ?? "";
        records.push({ name, id, seq, payload });
      },
      lost: (count) => lost += count,
    });
    let end = 0n;
    for (const packet of this.packets) {
      end = checkPacket(packet, end, classes.list);
      const head = new DataView(packet.buffer, 0, 64);
      const length = packetLength(head)!;
      assertEquals(length.packetBytes, packet.length);
      assert(reader.packet(packet, length.contentBytes));
    }
    reader.end();
    return { records, lost };
  }
}

/**
 * Records all that a region holds, and whatever comes when `more` is called.
 */
function record(
  buffer: ArrayBuffer,
  options: RecorderOptions = {},
  more: () => boolean = () => false,
): { stored: Stored[]; recorder: RegionRecorder } {
  const recorder = new RegionRecorder(buffer, undefined, options);
  const byStream = new Map<StreamId, Stored>();
  const sink = (stream: StreamId, packet: Uint8Array<ArrayBuffer>) => {
    if (!byStream.has(stream)) byStream.set(stream, new Stored(stream));
    byStream.get(stream)!.packets.push(packet.slice());
  };
  do {
    while (true) {
      const { more, reformatted } = recorder.drain(sink);
      if (reformatted) recorder.reattach(sink);
      else if (!more) break;
    }
  } while (more());
  recorder.finish(sink);
  return { stored: [...byStream.values()], recorder };
}

for (const series of FIXTURES) {
  Deno.test(`recorder: events of Linux ${series} come back byte for byte`, () => {
    const { buffer, writer } = makeRegion(
      { nrTrace: 1, metaBytes: 1 << 20 },
      1 << 22,
    );
    const written = writeFixture(writer, readFixture(series));
    const { stored: [trace], recorder } = record(buffer);
    const { records, lost } = trace.read();
    assertEquals(lost, 0);
    assertEquals(recorder.totals.opaque, 0);
    assertEquals(
      records.map(({ name, payload }) => ({ name, payload })),
      written.map(({ format, bytes }) => ({
        name: format.name,
        payload: bytes,
      })),
    );
  });
}

Deno.test("recorder: what disagrees with its description is opaque", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  writer.describe(SCHED_ID, SCHED_TEXT);
  writer.describe(ODD_ID, ODD_TEXT);
  const good = oddPayload("name");
  const bad: [number, Uint8Array][] = [
    [SCHED_ID, schedPayload("short").subarray(0, 39)],
    [SCHED_ID, entry(new Uint8Array(40), { id: SCHED_ID + 1 })],
    // A text that ends behind the record's end, and an array that does.
    [ODD_ID, good.with(34, 200)],
    [ODD_ID, good.with(38, 200)],
    [SCHED_ID + 1, schedPayload("no format")],
    [ABI.ID_KLOG, new Uint8Array(23)],
    [ABI.ID_KLOG, klogPayload({ seq: 1n, text: "cut" }).subarray(0, 26)],
    [ABI.ID_CLOCK, new Uint8Array(24)],
    [ABI.ID_TASK, new Uint8Array(24)],
  ];
  writer.write(0, ODD_ID, good);
  for (const [id, payload] of bad) writer.write(0, id, payload);
  writer.write(1, SCHED_ID, schedPayload("in the kernel log"));
  const { stored: [trace, klog], recorder } = record(buffer);
  const [first, ...others] = trace.read().records;
  assertEquals([first.name, first.payload], ["odd_event", good]);
  assertEquals(
    others.map(({ id, payload }) => ({ id, payload })),
    bad.map(([, payload]) => ({ id: ABI.ID_OPAQUE, payload })),
  );
  assertEquals(klog.read().records.map(({ id }) => id), [ABI.ID_OPAQUE]);
  assertEquals(recorder.totals.opaque, bad.length + 1);
});

Deno.test("recorder: texts that lie elsewhere than usual", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const id = 900;
  const lines = ["first", "second"].map((name, i) =>
    field(`__data_loc char[] ${name}`, 8 + i * 4, 4, 1)
  );
  writer.describe(id, formatText(lines, { id }));
  const rest = new TextEncoder().encode("........one\0two\0");
  const payload = (first: number, second: number) => {
    const view = new DataView(rest.slice().buffer);
    view.setUint32(0, 4 << 16 | first, true);
    view.setUint32(4, 4 << 16 | second, true);
    return entry(new Uint8Array(view.buffer), { id });
  };
  const written = [payload(16, 20), payload(20, 16), payload(16, 20)];
  for (const each of written) writer.write(0, id, each);
  const { stored: [trace] } = record(buffer);
  const { records } = trace.read();
  assertEquals(records.map(({ payload }) => payload), written);
  const { list } = trace.stream.classes;
  assertEquals(list.map(({ placed }) => placed), [true, false]);
  assertEquals(records[0].id, list[0].id);
  assertEquals(records[1].id, list[1].id);
});

Deno.test("recorder: an id that comes again with another format", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const id = 300;
  const write = (name: string, bytes: number) => {
    const text = formatText([field(`u${bytes * 8} a`, 8, bytes)], { id, name });
    writer.describe(id, text);
    writer.write(0, id, entry(new Uint8Array(bytes), { id }));
  };
  write("first", 2);
  write("second", 4);
  write("second", 4);
  write("first", 2);
  const { stored: [trace] } = record(buffer);
  assertEquals(
    trace.read().records.map(({ name, payload }) => [name, payload.length]),
    [["first", 10], ["second", 12], ["second", 12], ["first", 10]],
  );
  const ids = trace.stream.classes.list.map((each) => each.id);
  assertEquals(ids.length, 2);
  assertEquals(ids[0], id);
  assert(ids[1] > ABI.ID_CLOCK);
});

Deno.test("recorder: formats without end", () => {
  const { buffer, writer } = makeRegion(
    { nrTrace: 1, metaBytes: 1 << 20 },
    1 << 22,
  );
  const id = 300;
  const count = 400;
  for (let i = 0; i < count; i++) {
    const text = formatText([field("u8 a", 8, 1)], { id, name: `name_${i}` });
    assert(writer.describe(id, text));
    writer.write(0, id, entry(new Uint8Array(1), { id }));
  }
  const { stored: [trace], recorder } = record(buffer);
  const { records } = trace.read();
  // One event has the id itself; ids are made up to the largest possible one.
  const known = 1 + 0xffff - 0xff40 + 1;
  assertEquals(records.filter(({ name }) => name !== "").length, known);
  assertEquals(recorder.totals.opaque, count - known);
});

Deno.test("recorder: epochs without end are let go", () => {
  const { buffer, writer } = makeRegion(
    { nrTrace: 2, metaBytes: META_BYTES },
    1 << 22,
  );
  // Ring 1 takes so many batches that ring 0 is far ahead of it.
  const batch = new Batch(1, ABI.BLOCK_BYTES_MAX);
  const epochs = 20;
  for (let i = 0; i < epochs * 40; i++) say(writer, 1, "x".repeat(1900));
  for (let epoch = 0; epoch < epochs; epoch++) {
    writer.restart();
    writer.describe(SCHED_ID, SCHED_TEXT);
    for (const ring of [0, 1]) writer.write(ring, SCHED_ID, schedPayload("a"));
  }
  const { stored, recorder } = record(buffer, { batch });
  const frozen = stored.filter(({ stream }) => stream.classes.frozen);
  assert(frozen.length > 0);
  for (const { stream } of frozen) {
    assertEquals([stream.ring.index, stream.epoch > 0], [1, true]);
  }
  // What came late is there, but not what would tell what it is.
  assertEquals(recorder.totals.lost, 0);
  for (const each of frozen) {
    const ids = each.read().records.map(({ id }) => id);
    assertEquals(ids, [ABI.ID_TAKEOVER, ABI.ID_OPAQUE]);
  }
});

Deno.test("recorder: streams begin anew without a gap", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  writer.describe(SCHED_ID, SCHED_TEXT);
  const rounds = [3, 200, 1, 9000, 5, 4000, 2];
  let written = 0;
  let turn = false;
  const flood = () => {
    const count = rounds.shift();
    for (let i = 0; i < (count ?? 0); i++) {
      writer.write(0, SCHED_ID, schedPayload(`${written++}`));
    }
    turn = true;
    return count !== undefined;
  };
  flood();
  const rotates = () => {
    const now = turn;
    turn = false;
    return now;
  };
  const { stored, recorder } = record(buffer, { rotates }, flood);
  assert(stored.length > 6);
  assert(recorder.totals.lost > 0);
  let [records, lost, next] = [0, 0, 0];
  for (const each of stored) {
    const back = each.read();
    for (const { seq } of back.records) {
      assert(seq >= next);
      next = seq + 1;
    }
    records += back.records.length;
    lost += back.lost;
  }
  assertEquals(lost, recorder.totals.lost);
  assertEquals(records + lost, written);
});

Deno.test("recorder: a block that claims an earlier epoch goes into no earlier stream", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1 });
  const { blockBytes, rings: [ring] } = readHeader(buffer)!;
  const fill = (blocks: number) => {
    for (let bytes = 0; bytes < blocks * blockBytes; bytes += 1000) {
      say(writer, 0, "x".repeat(1000));
    }
  };
  fill(2);
  writer.restart();
  fill(3);
  const epochs = Array.from({ length: ring.nrBlocks }, (_, slot) => {
    const at = ring.dataOffset + slot * blockBytes + BLOCK.epoch;
    return new DataView(buffer, at, 4);
  });
  const later = epochs.filter((view) => view.getUint32(0, true) === 1);
  later[1].setUint32(0, 0, true);
  const streams = record(buffer).stored.map(({ stream }) => stream);
  const ofRing = streams.filter(({ ring }) => ring.index === 0);
  assertEquals(ofRing.map(({ epoch }) => epoch), [0, 1]);
});

Deno.test("recorder: no more than was asked for", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 2 });
  for (let i = 0; i < 300; i++) say(writer, i % 2, `${i}`);
  const quota = { left: 201 };
  const { stored, recorder } = record(buffer, { quota });
  const counts = stored.map((each) => each.read().records.length);
  assertEquals(counts, [150, 51]);
  assertEquals(recorder.totals.records, 201);
  assertEquals(quota.left, 0);
});

Deno.test("recorder: what is no packet is not read", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  writer.describe(ODD_ID, ODD_TEXT);
  const written = Array.from({ length: 9 }, (_, i) => oddPayload(`${i}`));
  for (const payload of written) writer.write(0, ODD_ID, payload);
  const { stored: [{ stream, packets: [good] }] } = record(buffer);
  const read = (bend: (view: DataView) => void) => {
    const packet = good.slice();
    const view = new DataView(packet.buffer);
    bend(view);
    const length = packetLength(view);
    if (length === null) return null;
    const seen: Uint8Array[] = [];
    const reader = new PacketReader(stream.ring, stream.classes.list, {
      record: ({ bytes, payloadOffset: at, payloadBytes }) => {
        assert(at + payloadBytes <= length.contentBytes);
        seen.push(bytes.slice(at, at + payloadBytes));
      },
      lost: () => {},
    });
    const whole = reader.packet(packet, length.contentBytes);
    return { whole, seen };
  };
  assertEquals(read(() => {}), { whole: true, seen: written });
  const content = good.length * 8;
  const bent: [string, (view: DataView) => void][] = [
    ["magic", (view) => view.setUint32(BLOCK.magic, 0, true)],
    ["content", (view) => view.setUint32(BLOCK.contentSize, content + 8, true)],
    ["no header", (view) => view.setUint32(BLOCK.contentSize, 504, true)],
    ["odd bits", (view) => view.setUint32(BLOCK.contentSize, 1601, true)],
    ["size", (view) => view.setUint32(BLOCK.packetSize, 0xffffffc0, true)],
  ];
  for (const [name, bend] of bent) assertEquals(read(bend), null, name);
  // The offset of the third record.
  const at = BLOCK.size + 2 * (RECORD.size + 56);
  const cut: [string, (view: DataView) => void][] = [
    ["length", (view) => view.setUint16(at + RECORD.len, 0xffff, true)],
    ["a text's length", (view) => view.setUint16(at + 16 + 34, 9999, true)],
    ["type", (view) => view.setUint16(at + 16, 1, true)],
  ];
  for (const [name, bend] of cut) {
    assertEquals(read(bend), { whole: false, seen: written.slice(0, 2) }, name);
  }
  let lost = 0;
  const reader = new PacketReader(stream.ring, stream.classes.list, {
    record: () => {},
    lost: (count) => lost += count,
  });
  const told = good.slice();
  new DataView(told.buffer).setUint32(BLOCK.eventsDiscarded, 5, true);
  assert(reader.packet(told, good.length));
  assertEquals(lost, 5);
  assertEquals(reader.packet(good.slice(), good.length), false);
});

const FAR = 1n << 63n;
const TIMES: [times: bigint[], shown: number[]][] = [
  [[1000n, FAR, 2000n, FAR, 2500n, 3000n], [
    1000,
    1000,
    2000,
    2000,
    2500,
    3000,
  ]],
  [[1000n, 2000n, FAR, FAR, FAR, FAR], [1000, 2000, 2000, 2000, 2000, 2000]],
];

for (const [times, shown] of TIMES) {
  Deno.test(`recorder: times that no tool can show: ${times}`, () => {
    let next = 0;
    const clock = () => times[next++ % times.length];
    const { buffer, writer } = makeRegion({ nrTrace: 1, clock });
    next = 0;
    // Two of these fill a block, and a time may go back only from block to
    // block.
    const payload = new Uint8Array(writer.maxPayloadBytes);
    for (const _ of times) writer.write(0, ABI.ID_MESSAGE, payload);
    const recorder = new RegionRecorder(buffer);
    const ticks: number[] = [];
    const sink = (_: StreamId, packet: Uint8Array<ArrayBuffer>) => {
      const view = new DataView(packet.buffer, packet.byteOffset);
      for (let at: number = BLOCK.size; at < packet.length;) {
        ticks.push(Number(view.getBigUint64(at + RECORD.timestamp, true)));
        at += RECORD.size + payload.length;
      }
    };
    while (recorder.drain(sink).more);
    assertEquals(ticks, shown);
    const changed = times.filter((time, i) => Number(time) !== shown[i]);
    assertEquals(recorder.totals.late, changed.length);
  });
}
