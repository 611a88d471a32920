// SPDX-License-Identifier: MIT
/** Kernel events, the kernel log and clocks in recorded traces. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { klogPayload } from "../../ring/writer/writer_payloads.ts";
import {
  fieldsOf,
  haveBabeltrace,
  openTrace,
  shownText,
  utcOfEvents,
} from "../support/babeltrace.ts";
import {
  entry,
  field,
  FIXTURES,
  formatText,
  payloadOf,
  readFixture,
} from "../support/events.ts";
import { writeFixture } from "../support/made_up.ts";
import { recorded } from "../support/recordings.ts";
import { makeRegion, say } from "../support/regions.ts";
import {
  ODD_ID,
  ODD_TEXT,
  oddPayload,
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import { shownFields } from "../support/shown_fields.ts";

const ignore = !haveBabeltrace();
const META_BYTES = 1 << 16;

/** A test that needs babeltrace2. */
function traceTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `record: ${name}`, ignore, fn });
}

for (const series of FIXTURES) {
  traceTest(`every field of every kind of event, Linux ${series}`, async () => {
    const { buffer, writer } = makeRegion(
      { nrTrace: 1, metaBytes: 1 << 20 },
      1 << 22,
    );
    const records = writeFixture(writer, readFixture(series));
    await recorded(buffer, async ({ drain, recorder, path }) => {
      drain();
      const { events } = await openTrace(path);
      const shown = events.get("0")!;
      assertEquals(shown.length, records.length);
      assertEquals(recorder.totals.opaque, 0);
      records.forEach(({ format, bytes }, i) => {
        assertEquals(shown[i].name, `${format.system}:${format.name}`);
        const fields = fieldsOf(shown[i].data);
        for (const [name, value] of shownFields(format, payloadOf(bytes))) {
          assertEquals(fields.get(name), value, `${shown[i].name} ${name}`);
        }
      });
    });
  });
}

traceTest("what disagrees with its format is opaque, and counted", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  writer.describe(SCHED_ID, SCHED_TEXT);
  writer.describe(ODD_ID, ODD_TEXT);
  const good = oddPayload("name");
  writer.write(0, ODD_ID, good);
  const bad: [number, Uint8Array][] = [
    [SCHED_ID, schedPayload("short").subarray(0, 39)],
    [SCHED_ID, entry(new Uint8Array(40), { id: SCHED_ID + 1 })],
    // A text that ends behind the record's end, and an array.
    [ODD_ID, good.with(34, 200)],
    [ODD_ID, good.with(38, 200)],
    [SCHED_ID + 1, schedPayload("no format")],
    // Before its format was published, and in a ring that has no CPU.
    [ABI.ID_KLOG, new Uint8Array(23)],
    [ABI.ID_KLOG, klogPayload({ seq: 1n, text: "cut" }).subarray(0, 26)],
    [ABI.ID_CLOCK, new Uint8Array(24)],
  ];
  for (const [id, payload] of bad) writer.write(0, id, payload);
  writer.write(1, SCHED_ID, schedPayload("in the kernel log"));
  await recorded(buffer, async ({ drain, recorder, path }) => {
    drain();
    const { events } = await openTrace(path);
    const names = [...events.values()].flat().map(({ name }) => name);
    const opaque = Array<string>(bad.length + 1).fill("opaque");
    assertEquals(names.sort(), [...opaque, "tests:odd_event"]);
    assertEquals(recorder.totals.opaque, bad.length + 1);
    assertEquals(
      events.get("0")![1].data,
      "data = [ " +
        [...bad[0][1]].map((byte, i) => `[${i}] = ${byte}`).join(", ") + " ]",
    );
  });
});

traceTest("texts that lie elsewhere than usual are bytes", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const id = 900;
  writer.describe(
    id,
    formatText([
      field("__data_loc char[] first", 8, 4, 1),
      field("__rel_loc char[] second", 12, 4, 1),
      field("u16 _data", 16, 2),
      field("u32 _hole", 20, 4),
    ], { id }),
  );
  const tail = new TextEncoder().encode("one\0two\0");
  const payload = (first: number, second: number) => {
    const rest = new Uint8Array(16 + tail.length);
    const view = new DataView(rest.buffer);
    view.setUint32(0, 4 << 16 | first, true);
    view.setUint32(4, 4 << 16 | second - 16, true); // from its own end
    view.setUint16(8, 7, true);
    view.setUint32(12, 9, true);
    rest.set(tail, 16);
    return entry(rest, { id });
  };
  writer.write(0, id, payload(24, 28));
  writer.write(0, id, payload(28, 24));
  writer.write(0, id, payload(24, 28));
  await recorded(buffer, async ({ drain, recorder, path }) => {
    drain();
    const { events } = await openTrace(path);
    const shown = events.get("0")!.map(({ data }) => fieldsOf(data));
    assertEquals(recorder.totals.opaque, 0);
    assertEquals(
      shown.map((each) => [each.get("first"), each.get("second")]),
      [['"one"', '"two"'], [undefined, undefined], ['"one"', '"two"']],
    );
    for (const each of shown) assertEquals(each.get("_data"), "7");
    for (const each of shown) assertEquals(each.get("_hole"), "9");
    const bytes = [...tail].map((byte, i) => `[${i}] = ${byte}`).join(", ");
    assertEquals(shown[1].get("_data_"), `[ ${bytes} ]`);
  });
});

traceTest("an id that comes again with another format", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 2, metaBytes: META_BYTES });
  const id = 300;
  const text = (name: string, type: string, bytes: number) =>
    formatText([field(`${type} value`, 8, bytes)], { id, name });
  const write = (ring: number, value: number[]) =>
    writer.write(ring, id, entry(new Uint8Array(value), { id }));
  await recorded(buffer, async ({ drain, path }) => {
    writer.describe(id, text("first", "u16", 2));
    write(0, [1, 2]);
    drain();
    await openTrace(path); // opens at any time
    write(1, [3, 4]);
    writer.describe(id, text("second", "u32", 4));
    write(0, [1, 2, 3, 4]);
    writer.describe(id, text("second", "u32", 4));
    write(1, [5, 6, 7, 8]);
    writer.describe(id, text("first", "u16", 2));
    write(0, [5, 6]);
    drain();
    const { events } = await openTrace(path);
    const shown = (cpu: string) =>
      events.get(cpu)!.map(({ name, data }) =>
        [name, fieldsOf(data).get("value")].join(" ")
      );
    assertEquals(shown("0"), [
      "tests:first 513",
      "tests:second 67305985",
      "tests:first 1541",
    ]);
    assertEquals(shown("1"), ["tests:first 1027", "tests:second 134678021"]);
    const metadata = await Deno.readTextFile(
      `${path}/session-0/epoch-0/metadata`,
    );
    assertEquals(metadata.match(/name = "tests:/g)!.length, 2);
  });
});

traceTest("formats without end become opaque", async () => {
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
  await recorded(buffer, async ({ drain, recorder, path }) => {
    drain();
    const { events } = await openTrace(path);
    const opaque = events.get("0")!.filter(({ name }) => name === "opaque");
    // One has the id itself; ids are made up to the largest there is.
    assertEquals(opaque.length, count - 1 - (0xffff - 0xff40 + 1));
    assertEquals(recorder.totals.opaque, opaque.length);
  });
});

traceTest("the kernel log and the clock are typed", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1 });
  writer.announce(1_700_000_000_000_000_000n, ABI.ANNOUNCE_START);
  writer.log({ seq: 7n, timeUs: 1_234_567n, priority: 30, text: "two\nlines" });
  writer.log({ seq: 9n, skipped: 1, text: "" });
  writer.log({ seq: 10n, text: "x".repeat(3000) });
  await recorded(buffer, async ({ drain, path }) => {
    drain();
    const shown = (await openTrace(path)).events.get(String(ABI.CPU_NONE))!;
    assertEquals(
      shown.map(({ name }) => name),
      ["clock", "klog", "klog", "part", "part"],
    );
    assertStringIncludes(shown[0].data, "utc_ns = 1700000000000000000,");
    assertEquals(
      shown[1].data,
      "seq = 7, time_us = 1234567, skipped = 0, priority = 30, " +
        `text_bytes = 9, text = ${shownText("two\nlines")}`,
    );
    assertStringIncludes(shown[2].data, `time_us = ${ABI.KLOG_NO_TIME}`);
  });
});

traceTest("each epoch's times are by its own clock", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1 });
  const utc = 1_700_000_000_000_000_000n;
  writer.announce(utc, ABI.ANNOUNCE_START);
  // Not the first one: times must not move within a trace.
  writer.announce(utc + 5_000_000n, ABI.ANNOUNCE_STEP);
  say(writer, 0, "before");
  writer.restart();
  say(writer, 0, "after");
  await recorded(buffer, async ({ drain, recorder, path }) => {
    drain();
    const of = (epoch: number) =>
      utcOfEvents(`${path}/session-0/epoch-${epoch}`);
    // Two announcements, which look at the clock twice, and a message.
    const first = await of(0);
    assertEquals(first.map((ns) => ns - first[0]), [0n, 2n, 3n]);
    assert(first[0] - utc < 10n && first[0] >= utc, String(first[0]));
    const now = BigInt(Date.now()) * 1_000_000n;
    const [last] = (await of(1)).slice(-1);
    assert(now - last < 600_000_000_000n && now >= last, `${last} now ${now}`);
    assertEquals(recorder.info.epoch, 1);
  });
});
