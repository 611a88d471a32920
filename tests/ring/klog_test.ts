// SPDX-License-Identifier: MIT
import { assertEquals } from "@std/assert";
import { readClock } from "../../ring/clock_record.ts";
import { readKlog } from "../../ring/klog.ts";
import { ABI, CLOCK, KLOG, PART } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordView } from "../../ring/record_view.ts";
import {
  clockPayload,
  klogPayload,
} from "../../ring/writer/writer_payloads.ts";
import { makeRegion, part } from "../support/regions.ts";

const KLOG_RING = 2;

/** Returns what a reader delivers, decoded by `read`. */
function readAll<T>(
  reader: RegionReader,
  read: (record: RecordView) => T,
): T[] {
  const all: T[] = [];
  const sink = (record: RecordView) => void all.push(read(record));
  while (reader.drain(sink).held);
  reader.finish(sink);
  return all;
}

Deno.test("messages of the kernel log", () => {
  const { buffer, writer } = makeRegion();
  writer.log({ seq: 0n, timeUs: 0n, text: "Linux version 6.1.0" });
  writer.log({
    seq: 7n,
    timeUs: 1_234_567n,
    skipped: 6,
    priority: 30,
    text: "",
  });
  writer.log({ seq: 8n, priority: 4, text: "x".repeat(5000) });
  const reader = new RegionReader(buffer);
  const texts: string[] = [];
  const seen = readAll(reader, (record) => {
    const { textOffset, textBytes, ...message } = readKlog(record)!;
    const text = record.bytes.subarray(textOffset, textOffset + textBytes);
    texts.push(new TextDecoder().decode(text));
    return message;
  });
  assertEquals(seen, [
    { seq: 0, timeUs: 0, skipped: 0, facility: 0, level: 6 },
    { seq: 7, timeUs: 1_234_567, skipped: 6, facility: 3, level: 6 },
    { seq: 8, timeUs: null, skipped: 0, facility: 0, level: 4 },
  ]);
  assertEquals(texts, ["Linux version 6.1.0", "", "x".repeat(5000)]);
  assertEquals(reader.totals.skipped, 6);
  assertEquals(reader.totals.opaque, 0);
});

Deno.test("announcements of the clock", () => {
  const { buffer, writer } = makeRegion();
  writer.announce(5_000n, ABI.ANNOUNCE_START);
  writer.announce(7_000n, ABI.ANNOUNCE_STEP);
  const seen = readAll(new RegionReader(buffer), readClock);
  assertEquals(seen, [
    { clockValue: 1002n, utcNs: 5_000n, reason: ABI.ANNOUNCE_START },
    { clockValue: 1004n, utcNs: 7_000n, reason: ABI.ANNOUNCE_STEP },
  ]);
});

const KLOG_BENT: readonly [string, (view: DataView) => DataView][] = [
  ["shorter than its head", (v) => new DataView(v.buffer, 0, KLOG.size - 1)],
  ["more text than it has", (v) => {
    v.setUint16(KLOG.textBytes, 4, true);
    return v;
  }],
  ["less text than it has", (v) => {
    v.setUint16(KLOG.textBytes, 2, true);
    return v;
  }],
  ["a number beyond the limit", (v) => {
    v.setBigUint64(KLOG.seq, 1n << 52n, true);
    return v;
  }],
  ["a time beyond the limit", (v) => {
    v.setBigUint64(KLOG.timeUs, 1n << 63n, true);
    return v;
  }],
  ["more skipped than were numbered", (v) => {
    v.setUint32(KLOG.skipped, 10, true);
    return v;
  }],
];

const CLOCK_BENT: readonly [string, (view: DataView) => DataView][] = [
  ["another size", (v) => new DataView(v.buffer, 0, CLOCK.size - 1)],
  ["another epoch", (v) => {
    v.setUint32(CLOCK.epoch, 1, true);
    return v;
  }],
  ["an unknown reason", (v) => {
    v.setUint32(CLOCK.reason, 3, true);
    return v;
  }],
];

/** Tells whether a record is accepted, and what was counted for it. */
function taken(
  id: number,
  payload: Uint8Array,
  read: (record: RecordView) => unknown,
): { taken: boolean; opaque: number; skipped: number } {
  const { buffer, writer } = makeRegion();
  writer.write(KLOG_RING, id, payload);
  const reader = new RegionReader(buffer);
  const [record] = readAll(reader, read);
  const { opaque, skipped } = reader.totals;
  return { taken: record !== null, opaque, skipped };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: DataView) =>
  new Uint8Array(buffer, byteOffset, byteLength);

for (const [what, bend] of KLOG_BENT) {
  Deno.test(`a kernel log record is opaque for: ${what}`, () => {
    const message = { seq: 9n, skipped: 1, timeUs: 1n, text: "abc" };
    const payload = klogPayload(message);
    const good = { taken: true, opaque: 0, skipped: 1 };
    assertEquals(taken(ABI.ID_KLOG, payload, readKlog), good);
    const bent = bytesOf(bend(new DataView(payload.buffer)));
    const bad = { taken: false, opaque: 1, skipped: 0 };
    assertEquals(taken(ABI.ID_KLOG, bent, readKlog), bad);
  });
}

for (const [what, bend] of CLOCK_BENT) {
  Deno.test(`a clock record is opaque for: ${what}`, () => {
    const payload = clockPayload(1n, 2n, ABI.ANNOUNCE_START, 0);
    const good = { taken: true, opaque: 0, skipped: 0 };
    assertEquals(taken(ABI.ID_CLOCK, payload, readClock), good);
    const bent = bytesOf(bend(new DataView(payload.buffer)));
    const bad = { taken: false, opaque: 1, skipped: 0 };
    assertEquals(taken(ABI.ID_CLOCK, bent, readClock), bad);
  });
}

/**
 * Makes a reader of a long message of which only this many bytes were recorded.
 */
function truncatedAt(bytes: number): RegionReader {
  const { buffer, writer } = makeRegion();
  const whole = klogPayload({ seq: 3n, text: "y".repeat(3000) });
  const first = part(0, 0, whole.length, " ".repeat(bytes));
  first.set(whole.subarray(0, bytes), PART.size);
  new DataView(first.buffer).setUint16(PART.id, ABI.ID_KLOG, true);
  writer.write(KLOG_RING, ABI.ID_PART, first);
  return new RegionReader(buffer);
}

Deno.test("a long kernel message of which the end is missing", () => {
  const reader = truncatedAt(1000);
  const [message] = readAll(reader, readKlog);
  assertEquals(message!.seq, 3);
  assertEquals(message!.textBytes, 1000 - KLOG.size);
  assertEquals(reader.totals.truncated, 1);
  assertEquals(reader.totals.opaque, 0);
});

Deno.test("a long kernel message of which all but a bit is missing", () => {
  const reader = truncatedAt(KLOG.size - 1);
  assertEquals(readAll(reader, readKlog), [null]);
  assertEquals(reader.totals.opaque, 1);
});
