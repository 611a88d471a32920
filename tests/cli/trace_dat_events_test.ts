// SPDX-License-Identifier: MIT
/** Tests events in trace.dat files that are unusual, or hostile. */
import { assert, assertEquals } from "@std/assert";
import { findTraces } from "../../cli/traces/find_traces.ts";
import { datTest, NOTHING_LEFT_OUT, reported } from "../support/converted.ts";
import { entry, field, formatText } from "../support/events.ts";
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

const META_BYTES = 1 << 16;

datTest("an id that comes again, and one that is taken", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const id = 5;
  const write = (name: string, bytes: number) => {
    const print = '"value=%u", REC->value';
    const lines = [field(`u${bytes * 8} value`, 8, bytes)];
    writer.describe(id, formatText(lines, { id, name, print }));
    writer.write(0, id, entry(new Uint8Array(bytes).fill(1), { id }));
  };
  write("first", 1);
  write("second", 2);
  write("first", 1);
  say(writer, 0, "text");
  await recorded(buffer, async (recording) => {
    recording.drain();
    const { events } = await reported(recording);
    assertEquals(events.map(({ name, text }) => `${name} ${text}`), [
      "first value=1",
      "second value=257",
      "first value=1",
      "print text",
    ]);
  });
});

datTest("the guest's own print events", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const id = 5;
  const lines = [field("unsigned long ip", 8, 8), field("char buf[]", 16, 0)];
  const options = { id, name: "print", print: '"%ps: %s", REC->ip, REC->buf' };
  writer.describe(
    id,
    formatText(lines, options).replace("system: tests", "system: ftrace"),
  );
  const rest = new TextEncoder().encode("iiiiiiiimarker\0");
  writer.write(0, id, entry(rest, { id, task: 77 }));
  say(writer, 0, "message");
  await recorded(buffer, async (recording) => {
    recording.drain();
    const { events } = await reported(recording);
    assertEquals(
      events.map(({ pid, name, text }) => [pid, name, text]),
      [[77, "print", "marker"], [0, "print", "message"]],
    );
  });
});

datTest("tasks have the names that events tell", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const id = 400;
  const lines = [field("char comm[16]", 8, 16), field("pid_t pid", 24, 4, 1)];
  writer.describe(id, formatText(lines, { id, name: "wakeup" }));
  const wake = (pid: number, comm: string) => {
    const rest = new Uint8Array(20);
    new TextEncoder().encodeInto(comm, rest);
    new DataView(rest.buffer).setInt32(16, pid, true);
    writer.write(0, id, entry(rest, { id, task: pid }));
  };
  wake(10, "old name");
  wake(11, "bad\n12 lie\u001b");
  wake(10, "new name");
  wake(-1, "nobody");
  await recorded(buffer, async (recording) => {
    recording.drain();
    const { events } = await reported(recording);
    assertEquals(
      events.slice(0, 3).map(({ task, pid }) => `${task} ${pid}`),
      ["new name 10", "bad?12 lie? 11", "new name 10"],
    );
  });
});

datTest("a synthetic event, and two fields of the same name", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  writer.describe(SYNTHETIC_ID, SYNTHETIC_TEXT);
  writer.write(0, SYNTHETIC_ID, syntheticPayload("sh", 5n));
  await recorded(buffer, async (recording) => {
    recording.drain();
    const { events } = await reported(recording);
    assertEquals(events.map(({ text }) => text), ["comm=sh lat=5 7"]);
  });
});

datTest("what would end or confuse the tool is left out", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const write = (id: number, print: string) => {
    const lines = [field("u32 a", 8, 4), field("u32 b", 12, 4)];
    writer.describe(id, formatText(lines, { id, name: `event_${id}`, print }));
    writer.write(0, id, entry(new Uint8Array(8), { id }));
  };
  write(300, '"%u", REC->a / REC->b');
  write(301, '"%u", REC->a % (REC->b + 1 - 1)');
  write(302, '"%u", 7 / 2');
  write(303, '"\\"quoted\\" %s", __print_symbolic(REC->a, {0, "a\\"\\\\b"})');
  write(304, '"%s", __print_symbolic(REC->a)');
  write(305, '"%s|%s", __print_flags(REC->a, "|"), ""');
  write(306, '"100%%"');
  await recorded(buffer, async (recording) => {
    recording.drain();
    const { events } = await reported(recording);
    assertEquals(events.map(({ text }) => text), [
      "{a=0 b=0}",
      "{a=0 b=0}",
      "3",
      "'quoted' a'/b",
      "0x0",
      "|",
      "100%",
    ]);
  });
});

datTest("events in parts are whole again", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const payload = (count: number) => {
    const bytes = oddPayload("n".repeat(count));
    assert(bytes.length > writer.maxPayloadBytes);
    return bytes;
  };
  writer.describe(ODD_ID, ODD_TEXT);
  writer.write(0, ODD_ID, payload(3000));
  writer.write(0, ODD_ID, payload(6000)); // longer than a page
  await recorded(buffer, async (recording) => {
    recording.drain();
    const { events, converted } = await reported(recording, "-R");
    assertEquals(converted, { ...NOTHING_LEFT_OUT, tooLong: 1 });
    assertEquals(events.map(({ name }) => name), ["odd_event"]);
    assert(events[0].text.includes(`name=${"n".repeat(3000)}`));
  });
});

datTest("chunks are one trace, and half a packet ends it", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  writer.describe(SCHED_ID, SCHED_TEXT);
  const rules = { limitBytes: 4000, limitMs: Infinity, keep: Infinity };
  let written = 0;
  await recorded(buffer, async (recording) => {
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 20; i++) {
        writer.write(0, SCHED_ID, schedPayload(`${written++}`));
      }
      recording.drain();
    }
    const [trace] = findTraces(recording.path);
    assert(trace.folders.length > 5);
    const { events } = await reported(recording);
    const order = events.map(({ text }) => text.match(/prev_comm=(\d+)/)![1]);
    assertEquals(order, Array.from({ length: written }, (_, i) => `${i}`));
    const last = trace.streams[0].paths.at(-1)!;
    const { size } = await Deno.stat(last);
    await Deno.truncate(last, size - 8);
    const { events: fewer, converted } = await reported(recording);
    assertEquals(converted.broken, 1);
    assert(fewer.length < written);
  }, rules);
});

datTest("texts command no terminal, and no tool reads too far", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  const id = 600;
  const lines = [
    field("char fixed[8]", 8, 8, 1),
    field("__data_loc char[] first", 16, 4, 1),
    field("__rel_loc char[] second", 20, 4, 1),
    field("u32 letter", 24, 4),
  ];
  const print = '"%s|%s|%s|%c", REC->fixed, __get_str(first), ' +
    "__get_rel_str(second), REC->letter";
  writer.describe(id, formatText(lines, { id, print }));
  const fixed = 28;
  const write = (
    text: string,
    first: [at: number, bytes: number],
    second: [at: number, bytes: number],
    tail: string,
  ) => {
    const rest = new Uint8Array(fixed - 8 + tail.length);
    const view = new DataView(rest.buffer);
    new TextEncoder().encodeInto(text, rest.subarray(0, 8));
    view.setUint32(8, first[1] << 16 | first[0], true);
    view.setUint32(12, second[1] << 16 | second[0] - 24, true);
    view.setUint32(16, 0x1b, true);
    rest.set(Uint8Array.from(tail, (c) => c.charCodeAt(0)), fixed - 8);
    writer.write(0, id, entry(rest, { id }));
  };
  write("\u001b[1m\n", [28, 4], [32, 4], "a\nb\0\x7f\xc2\x9b\0");
  write("\u00e9t\u00e9", [28, 4], [32, 4], "\xff\xfe!\0\xc3\xa9.\0");
  // Texts without a NUL, and empty ones that begin at the end or before it.
  write("12345678", [28, 4], [32, 4], "abcdefgh");
  write("none", [28, 0], [36, 0], "\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b");
  // A text that overlaps the field with the place of the other one.
  write("over", [16, 8], [28, 4], "abcdefgh");
  await recorded(buffer, async (recording) => {
    recording.drain();
    const { events, converted } = await reported(recording);
    assertEquals(converted, { ...NOTHING_LEFT_OUT, opaque: 1 });
    assertEquals(events.map(({ text }) => text), [
      "?[1m|a?b|???|27",
      "\u00e9t\u00e9|??!|\u00e9.|27",
      "12345678|abc|efg|27",
      "none|||27",
    ]);
  });
});
