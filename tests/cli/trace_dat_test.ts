// SPDX-License-Identifier: MIT
/** trace.dat files of recorded traces, as trace-cmd reads them. */
import { assert, assertEquals } from "@std/assert";
import { findTraces } from "../../cli/recorded.ts";
import { type Converted, writeTraceDat } from "../../cli/trace_dat_file.ts";
import { integerAt } from "../../ring/event_values.ts";
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/reader.ts";
import {
  entry,
  field,
  FIXTURES,
  formatText,
  payloadOf,
  printed,
  readFixture,
} from "../support/events.ts";
import { writeFixture } from "../support/made_up.ts";
import { type Recording, recorded } from "../support/recordings.ts";
import { drainAll, makeRegion, say } from "../support/regions.ts";
import {
  ODD_ID,
  ODD_TEXT,
  oddPayload,
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import {
  haveTraceCmd,
  ofCpu,
  report,
  type ReportedEvent,
} from "../support/trace_cmd.ts";

const ignore = !haveTraceCmd();
if (ignore) console.log("skipped: trace-cmd is missing");
const META_BYTES = 1 << 16;
const NOTHING_LEFT_OUT: Converted = { opaque: 0, tooLong: 0, broken: 0 };

/** A test that needs trace-cmd. */
function datTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `trace.dat: ${name}`, ignore, fn });
}

/** Converts the last trace of a recording, and has trace-cmd report it. */
async function reported(
  { path }: Recording,
  ...options: string[]
): Promise<{ events: ReportedEvent[]; converted: Converted }> {
  const file = `${path}/trace.dat`;
  const converted = writeTraceDat(findTraces(path).at(-1)!, file);
  try {
    return { events: await report(file, ...options), converted };
  } finally {
    await Deno.remove(file);
  }
}

/** A number of `report -R`, as many bits as it has in the record. */
function number(text: string, bytes: number, signed: boolean): bigint {
  const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  return (signed ? BigInt.asIntN : BigInt.asUintN)(bytes * 8, value);
}

for (const series of FIXTURES) {
  datTest(`every number and text, Linux ${series}`, async () => {
    const { buffer, writer } = makeRegion(
      { nrTrace: 1, metaBytes: 1 << 20 },
      1 << 22,
    );
    const records = writeFixture(writer, readFixture(series));
    const seen = drainAll(new RegionReader(buffer));
    await recorded(buffer, async (recording) => {
      recording.drain();
      const { events, converted } = await reported(recording, "-R");
      assertEquals(converted, NOTHING_LEFT_OUT);
      assertEquals(
        events.map(({ time, cpu }) => ({ time: Number(time), cpu })),
        seen.map(({ time }) => ({ time, cpu: 0 })),
      );
      records.forEach(({ format, bytes }, i) => {
        const { name, text, pid } = events[i];
        assertEquals(name, format.name);
        const common = integerAt(bytes, 4, 4, true) as number;
        assertEquals(pid, common >>> 0 === pid ? pid : common);
        for (const each of format.fields) {
          const found = new RegExp(`(?:^| )${each.name}=(\\S*)`).exec(text);
          const { offset, elementBytes, signed } = each;
          if (each.kind === "integer") {
            const value = integerAt(bytes, offset, elementBytes, signed);
            assertEquals(
              number(found![1], elementBytes, signed),
              BigInt(value),
              `${name} ${text} ${each.name}`,
            );
          } else if (each.kind === "text" && each.bytes > 0) {
            const end = bytes.subarray(offset, offset + each.bytes).indexOf(0);
            const most = end < 0 ? each.bytes : end;
            const value = new TextDecoder()
              .decode(bytes.subarray(offset, offset + most));
            assert(text.includes(`${each.name}=${value}`), `${name} ${text}`);
          }
        }
      });
    });
  });

  datTest(`text as we print it, Linux ${series}`, async () => {
    const fixture = readFixture(series);
    const { buffer, writer } = makeRegion(
      { nrTrace: 1, metaBytes: 1 << 20 },
      1 << 22,
    );
    const records = writeFixture(writer, fixture);
    await recorded(buffer, async (recording) => {
      recording.drain();
      const { events } = await reported(recording);
      fixture.records.forEach((_, i) => {
        const { format, bytes } = records[i];
        const ours = printed(format, payloadOf(bytes));
        assertEquals(plain(events[i].text), plain(ours), format.name);
      });
    });
  });
}

/** Addresses are padded with zeros or not, and nothing has a name of its own. */
function plain(text: string): string {
  return text.replaceAll("(nil)", "0x0").replace(/0x0*(\w)/g, "$1").trim();
}

datTest("what was lost stands before what came next", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 2, metaBytes: META_BYTES });
  writer.describe(SCHED_ID, SCHED_TEXT);
  await recorded(buffer, async (recording) => {
    const { recorder, drain } = recording;
    const write = (count: number) => {
      for (let i = 0; i < count; i++) {
        writer.write(i % 2, SCHED_ID, schedPayload(`${i}`));
      }
    };
    for (const count of [3, 8000, 2, 6000]) {
      write(count);
      drain();
    }
    write(20_000);
    // Told at the end, with nothing behind it to stand before.
    recorder.drain(() => {});
    drain();
    const { events } = await reported(recording);
    const dropped = events.reduce((sum, event) => sum + event.dropped, 0);
    assert(recorder.totals.lost > 20_000);
    assertEquals(dropped, recorder.totals.lost);
    const at = ofCpu(events, 0).flatMap((event, i) =>
      event.dropped > 0 ? [[i, event.name]] : []
    );
    assertEquals(at.map(([, name]) => name), [
      "sched_switch",
      "sched_switch",
      "print",
    ]);
    assertEquals(at[0][0], 2);
  });
});

datTest("messages and the kernel log are texts", async () => {
  const { buffer, writer } = makeRegion({ nrTrace: 2 }, 1 << 20);
  const long = "\u20ac".repeat(5000);
  say(writer, 1, "a message\n");
  say(writer, 0, "\u001b[31mred\rline\ntwo\u202e");
  say(writer, 0, long);
  say(writer, 0, "");
  writer.announce(1_700_000_000_000_000_000n, ABI.ANNOUNCE_START);
  writer.log({ seq: 0n, timeUs: 1_234_567n, priority: 30, text: "a line" });
  writer.log({ seq: 1n, text: "no stamp" });
  writer.log({ seq: 2n, timeUs: 9n, text: "y".repeat(5000) });
  writer.write(2, ABI.ID_KLOG, new Uint8Array(3));
  writer.restart();
  await recorded(buffer, async (recording) => {
    recording.drain();
    const [first, second] = findTraces(recording.path);
    assertEquals([first.info.epoch, second.info.epoch], [0, 1]);
    const file = `${recording.path}/first`;
    const converted = writeTraceDat(first, file);
    assertEquals(converted, { ...NOTHING_LEFT_OUT, opaque: 1 });
    const events = await report(file);
    assertEquals(new Set(events.map(({ name }) => name)), new Set(["print"]));
    const texts = (cpu: number) => ofCpu(events, cpu).map(({ text }) => text);
    assertEquals(texts(1), ["a message"]);
    const [escaped, ...pieces] = texts(0);
    assertEquals(escaped, "\\u001b[31mred\\u000dline\\u000atwo\\u202e");
    assertEquals(pieces.pop(), "");
    assertEquals(pieces.length, 4);
    assertEquals(pieces.join(""), long);
    // The kernel log is the CPU behind the last.
    const [clock, stamped, unstamped, ...rest] = texts(2);
    assert(clock.endsWith("is UTC 1700000000000000000 ns"), clock);
    assertEquals(stamped, "<30>[    1.234567] a line");
    assertEquals(unstamped, "<6>no stamp");
    assertEquals(rest.join(""), "<6>[    0.000009] " + "y".repeat(5000));
    const { events: last } = await reported(recording);
    assertEquals(
      last.map(({ cpu, text }) => `${cpu} ${text}`),
      [0, 1, 2].map((cpu) => `${cpu} ivring: takeover (boot)`),
    );
  });
});

datTest("times that are far apart", async () => {
  let now = 0n;
  const steps = [1n, 2n ** 27n, 2n ** 27n - 1n, 2n ** 40n, 5n, 2n ** 55n, 1n];
  let step = 0;
  const { buffer, writer } = makeRegion({
    nrTrace: 1,
    clock: () => now += steps[step++ % steps.length],
  });
  for (let i = 0; i < 200; i++) say(writer, 0, `${i}`);
  const seen = drainAll(new RegionReader(buffer));
  await recorded(buffer, async (recording) => {
    recording.drain();
    const { events } = await reported(recording);
    assertEquals(events.length, seen.length);
    // 2^55 is too large a step for the reader's numbers: compare what is told.
    const shown = events.map(({ time }) => Number(time));
    assertEquals(shown, seen.map(({ time }) => time));
  });
});

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
      "a=0 b=0",
      "a=0 b=0",
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
