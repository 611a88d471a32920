// SPDX-License-Identifier: MIT
/** Tests kernel events, the kernel log and clocks in recorded traces. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { klogPayload } from "../../ring/writer/writer_payloads.ts";
import {
  fieldsOf,
  haveBabeltrace,
  NO_CPU,
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
  SYNTHETIC_ID,
  SYNTHETIC_TEXT,
  syntheticPayload,
} from "../support/sample_events.ts";
import { shownFields } from "../support/shown_fields.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

const ignore = !haveBabeltrace();
const META_BYTES = 1 << 16;

/** Registers a test that needs babeltrace2. */
function traceTest(name: string, fn: () => Promise<void>): void {
  const reason = missingReason(ignore ? ["babeltrace2"] : []);
  Deno.test({ name: skippedName(`record: ${name}`, reason), ignore, fn });
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

traceTest("a synthetic event, and two fields of the same name", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  writer.describe(SYNTHETIC_ID, SYNTHETIC_TEXT);
  for (const lat of [1n, 2n]) {
    writer.write(0, SYNTHETIC_ID, syntheticPayload("sh", lat));
  }
  await recorded(buffer, async ({ drain, recorder, path }) => {
    drain();
    const { events } = await openTrace(path);
    const shown = events.get("0")!.map(({ data }) => fieldsOf(data));
    assertEquals(
      shown.map((own) => ["comm", "lat", "comm_2"].map((n) => own.get(n))),
      [['"sh"', "1", "7"], ['"sh"', "2", "7"]],
    );
    assertEquals(recorder.totals.opaque, 0);
  });
});

traceTest("numbers have the names that the kernel prints", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const lines = [
    field("u32 action", 8, 4),
    field("short state", 12, 2, 1),
    field("u8 small", 14, 1),
    field("u32 flags", 16, 4),
  ];
  const print = '"%s %s %s %s", ' +
    '__print_symbolic(REC->action, { 1, "DROP" }, { 1, "LATER" }, ' +
    '{ 4294967295U, "say \\"all\\"" }, { 2, "B\\\\S" }), ' +
    '__print_symbolic((int)REC->state, { -2, "GONE" }, { 70000, "NEVER" }), ' +
    '__print_symbolic(REC->small + 1, { 2, "NOT ITS OWN" }), ' +
    '__print_flags(REC->flags, "|", { 1, "ONE" })';
  writer.describe(ODD_ID, formatText(lines, { id: ODD_ID, print }));
  for (const [action, state] of [[1, -2], [0xffffffff, 4464], [2, 0]]) {
    const rest = new Uint8Array(12);
    const view = new DataView(rest.buffer);
    view.setUint32(0, action, true);
    view.setInt16(4, state, true);
    view.setUint8(6, 1);
    writer.write(0, ODD_ID, entry(rest, { id: ODD_ID }));
  }
  await recorded(buffer, async ({ drain, path }) => {
    drain();
    const { events } = await openTrace(path);
    const own = events.get("0")!.map(({ data }) =>
      data.slice(data.indexOf("action"))
    );
    const rest = "small = 1, flags = 0";
    assertEquals(own, [
      `action = ( "DROP" : container = 1 ), state = ( "GONE" : container = -2 ), ${rest}`,
      `action = ( "say \\'all\\'" : container = 4294967295 ), state = ( <unknown> : container = 4464 ), ${rest}`,
      `action = ( "B/S" : container = 2 ), state = ( <unknown> : container = 0 ), ${rest}`,
    ]);
  });
});

traceTest("what disagrees with its format is opaque, and counted", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  writer.describe(SCHED_ID, SCHED_TEXT);
  writer.describe(ODD_ID, ODD_TEXT);
  const good = oddPayload("name");
  writer.write(0, ODD_ID, good);
  const bad: [number, Uint8Array][] = [
    [SCHED_ID, schedPayload("short").subarray(0, 39)],
    [SCHED_ID, entry(new Uint8Array(40), { id: SCHED_ID + 1 })],
    // A text that ends behind the record's end, and an array that does.
    [ODD_ID, good.with(34, 200)],
    [ODD_ID, good.with(38, 200)],
    [SCHED_ID + 1, schedPayload("no format")],
    // Events in the kernel log's ring, which has no CPU, and before their
    // format was published.
    [ABI.ID_KLOG, new Uint8Array(23)],
    [ABI.ID_KLOG, klogPayload({ seq: 1n, text: "cut" }).subarray(0, 26)],
    [ABI.ID_CLOCK, new Uint8Array(24)],
    [ABI.ID_TASK, new Uint8Array(24)],
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

/**
 * Returns the names of all fields that babeltrace2 shows of an event, in order.
 */
function shownNames(data: string): string {
  return [...fieldsOf(data).keys()].filter((name) => !/^common_/.test(name))
    .join(" ");
}

traceTest("nothing is shown that no field of the event's has", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const [holes, texts] = [900, 901];
  writer.describe(SCHED_ID, SCHED_TEXT);
  writer.describe(
    holes,
    formatText([
      field("u8 a", 8, 1),
      field("u16 b", 10, 2), // after a hole of one byte
      field("u64 c[2]", 16, 16), // after one of four
      field("u8 d", 32, 1),
      field("__data_loc char[] e", 36, 4, 1), // after one of three
    ], { id: holes }),
  );
  writer.describe(
    texts,
    formatText([
      field("u8 a", 8, 1),
      field("char b[4]", 12, 4, 1), // bytes are not aligned: it is shown
    ], { id: texts }),
  );
  const holed = (tail: string) => {
    const rest = new Uint8Array(32 + tail.length).fill(0xee);
    const view = new DataView(rest.buffer);
    view.setUint32(28, 2 << 16 | 40, true);
    new TextEncoder().encodeInto(tail, rest.subarray(32));
    return entry(rest, { id: holes });
  };
  const bytes = new TextEncoder().encode("xabcTEXT");
  const sizes: number[] = [];
  const write = (id: number, payload: Uint8Array) => {
    writer.write(0, id, payload);
    sizes.push(payload.length);
  };
  // These have padding up to a multiple of eight bytes, in the middle and at
  // the end of a packet, because 31 of them are more than a block.
  for (let i = 0; i < 400; i++) {
    const fill = "\0".repeat(i % 7);
    write(holes, holed(`x\0${fill}`));
    if (i % 3 === 0) write(SCHED_ID, schedPayload(`task ${i}`));
  }
  write(texts, entry(bytes, { id: texts }));
  write(holes, holed("x\0" + "y".repeat(20))); // more than that: it is shown
  writer.write(1, ABI.ID_KLOG, klogPayload({ seq: 1n, text: "words" }));
  await recorded(buffer, async ({ drain, recorder, path }) => {
    drain();
    assertEquals(recorder.totals.opaque, 0);
    const { events } = await openTrace(path);
    const shown = events.get("0")!;
    assertEquals(shown.length, sizes.length);
    const names = new Map<string, number>();
    for (const { data } of shown) {
      const key = shownNames(data);
      names.set(key, (names.get(key) ?? 0) + 1);
    }
    assertEquals(Object.fromEntries(names), {
      "a b c d _e_offset _e_length e": 400,
      "prev_comm prev_pid prev_state": 134,
      "a _hole b": 1,
      "a b c d _e_offset _e_length e _data": 1,
    });
    const values = fieldsOf(shown[0].data);
    for (
      const [name, value] of [
        ["a", "238"],
        ["b", "61166"],
        ["c", "[ [0] = 17216961135462248174, [1] = 17216961135462248174 ]"],
        ["e", '"x"'],
      ]
    ) assertEquals(values.get(name), value);
    // The kernel log belongs to no CPU.
    assertEquals([...events.keys()].sort(), ["0", NO_CPU]);
    assertEquals(fieldsOf(events.get(NO_CPU)![0].data).get("text"), '"words"');
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
    await openTrace(path); // it can be opened at any time
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
    // One event has the id itself; ids are made up to the largest possible one.
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
    const shown = (await openTrace(path)).events.get(NO_CPU)!;
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
  // It is not the first announcement, because times must not move within a
  // trace.
  writer.announce(utc + 5_000_000n, ABI.ANNOUNCE_STEP);
  say(writer, 0, "before");
  writer.restart();
  say(writer, 0, "after");
  await recorded(buffer, async ({ drain, recorder, path }) => {
    drain();
    const of = (epoch: number) =>
      utcOfEvents(`${path}/session-0/epoch-${epoch}`);
    // There are two announcements, which read the clock twice, and a message.
    const first = await of(0);
    assertEquals(first.map((ns) => ns - first[0]), [0n, 2n, 3n]);
    assert(first[0] - utc < 10n && first[0] >= utc, String(first[0]));
    const now = BigInt(Date.now()) * 1_000_000n;
    const [last] = (await of(1)).slice(-1);
    assert(now - last < 600_000_000_000n && now >= last, `${last} now ${now}`);
    assertEquals(recorder.info.epoch, 1);
  });
});
