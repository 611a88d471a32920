// SPDX-License-Identifier: MIT
/** Tests trace.dat files of recorded traces, as trace-cmd reads them. */
import { assert, assertEquals } from "@std/assert";
import { findTraces } from "../../cli/traces/find_traces.ts";
import { writeTraceDat } from "../../cli/traces/trace_dat_file.ts";
import { integerAt } from "../../ring/events/payload.ts";
import { ABI, RING_DESC, RING_LIVE } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { datTest, NOTHING_LEFT_OUT, reported } from "../support/converted.ts";
import {
  FIXTURES,
  payloadOf,
  printed,
  readFixture,
} from "../support/events.ts";
import { writeFixture } from "../support/made_up.ts";
import { recorded } from "../support/recordings.ts";
import { drainAll, makeRegion, say } from "../support/regions.ts";
import { isReported, numbersAndTexts } from "../support/reported_fields.ts";
import {
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import { ofCpu, report } from "../support/trace_cmd.ts";

const META_BYTES = 1 << 16;

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
        assertEquals(pid, integerAt(bytes, 4, 4, true));
        for (const { name, value } of numbersAndTexts(format, bytes)) {
          assert(
            isReported(text, name, value),
            `${format.name} ${text} ${name} ${value}`,
          );
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

/**
 * Makes texts comparable: addresses may have a prefix, and the null address may
 * have a name of its own.
 */
function plain(text: string): string {
  const nothing = "0".repeat(16);
  return text.replaceAll("(nil)", nothing).replaceAll("0x", "").trim();
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
    // Records that are dropped at the end have nothing behind them.
    const { descOffset } = recorder.info.rings[0];
    const drops = descOffset + RING_DESC.live + RING_LIVE.drops;
    new DataView(buffer).setBigUint64(drops, 7n, true);
    drain();
    const { events } = await reported(recording);
    const dropped = events.reduce((sum, event) => sum + event.dropped, 0);
    assert(recorder.totals.lost > 1000);
    assertEquals(dropped, recorder.totals.lost + 7);
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
    // The kernel log is shown as the CPU after the last one.
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
    // This is as exact as the helper's numbers.
    const shown = events.map(({ time }) => Number(time));
    assertEquals(shown, seen.map(({ time }) => time));
  });
});
