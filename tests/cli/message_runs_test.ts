// SPDX-License-Identifier: MIT
// A run of messages is printed as each message would be alone, byte for byte.
import { assert, assertEquals } from "@std/assert";
import { OutputBuffer } from "../../cli/formats/output_buffer.ts";
import type { FormatOptions, Formatter } from "../../cli/formats/formatter.ts";
import { JSON_FORMAT } from "../../cli/formats/json.ts";
import { TEXT_FORMAT } from "../../cli/formats/text.ts";
import { ABI, BLOCK, RECORD } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordSink, RunSink } from "../../ring/record_view.ts";
import { PLAIN } from "../support/records.ts";
import { makeRegion } from "../support/regions.ts";

const REGION_BYTES = 1 << 20;
const FORMATS: Record<string, (o: FormatOptions) => Formatter> = {
  text: (options) => TEXT_FORMAT.create(options),
  utc: (options) => TEXT_FORMAT.create({ ...options, time: "utc" }),
  json: (options) => JSON_FORMAT.create(options),
};

/** What was printed: the output, and the payload bytes of each message. */
interface Printed {
  readonly text: string;
  readonly sizes: readonly number[];
  readonly totals: RegionReader["totals"];
  /** How many messages came in runs. */
  readonly inRuns: number;
}

/**
 * Reads a region to its end.
 *
 * @param many Whether the formatter takes runs.
 */
function print(buffer: ArrayBuffer, format: string, many: boolean): Printed {
  const reader = new RegionReader(buffer);
  const formatter = FORMATS[format](PLAIN);
  formatter.attached(reader.info, reader.events);
  const into = new OutputBuffer();
  const sizes: number[] = [];
  let inRuns = 0;
  const sink: RecordSink = (record) => {
    const start = into.length;
    formatter.record(record, into);
    if (record.id !== ABI.ID_MESSAGE) return;
    sizes.push(into.length - start, record.payloadBytes);
  };
  const runs: RunSink = (run) => {
    const room = new Uint32Array(2 * run.count + 2);
    formatter.messages!(run, into, room, 2);
    sizes.push(...room.subarray(2));
    inRuns += run.count;
    return true;
  };
  assert(formatter.messages !== null, `${format} takes no runs`);
  while (reader.drain(sink, many ? runs : null).held);
  reader.finish(sink, true, many ? runs : null);
  const text = new TextDecoder("latin1").decode(into.pending);
  return { text, sizes, totals: reader.totals, inRuns };
}

function check(buffer: ArrayBuffer, format: string): number {
  const { inRuns, ...many } = print(buffer, format, true);
  const { inRuns: none, ...single } = print(buffer, format, false);
  assertEquals(none, 0);
  assertEquals(many, single);
  return inRuns;
}

const ALPHABETS: readonly string[] = [
  "plain text, as most is",
  'a "quoted\\" \t one',
  "one\ntwo\n\nthree\r\n",
  "\x00\x01\x1f\x20\x7e\x7f",
  "grün, 日本語, 🙂",
];

/** Generates messages of all lengths and kinds, the same ones each time. */
function* messages(): Generator<Uint8Array> {
  let state = 1;
  const next = (below: number) => {
    state = Math.imul(state, 1103515245) + 12345 >>> 0;
    return (state >>> 8) % below;
  };
  for (let i = 0; i < 1200; i++) {
    const text = ALPHABETS[next(next(2) === 0 ? 1 : ALPHABETS.length)];
    const whole = new TextEncoder().encode(text.repeat(100));
    const bytes = whole.slice(0, next(8) === 0 ? next(900) : next(40));
    // Some bytes only look like text, and lines end with a newline or without
    // one.
    if (bytes.length > 0 && next(4) === 0) bytes[bytes.length - 1] = 0x0a;
    if (bytes.length > 0 && next(16) === 0) bytes[next(bytes.length)] = 0xff;
    yield bytes;
  }
}

for (const format of Object.keys(FORMATS)) {
  for (const nrTrace of [1, 2]) {
    Deno.test(`${format}: a run is as its messages, ${nrTrace} rings`, () => {
      // The clock crosses changes of the second and of the number of digits.
      let now = 999_990_000n;
      const clock = () => now += now % 7n === 0n ? 1_234_567_890n : 1_001n;
      const options = { nrTrace, clock, clockBase: now };
      const { buffer, writer } = makeRegion(options, REGION_BYTES);
      let i = 0;
      for (const bytes of messages()) {
        // The rings get different numbers of records, so that sequence numbers
        // have more and fewer digits.
        const ring = nrTrace > 1 && i++ % 9 === 0 ? 1 : 0;
        writer.write(ring, ABI.ID_MESSAGE, bytes);
      }
      assert(check(buffer, format) > 1000);
    });
  }

  Deno.test(`${format}: every byte, at every place`, () => {
    const { buffer, writer } = makeRegion({ nrTrace: 1 }, REGION_BYTES);
    for (let byte = 0; byte < 256; byte++) {
      for (let place = 0; place < 21; place++) {
        const bytes = new Uint8Array(21).fill(0x61);
        bytes[place] = byte;
        writer.write(0, ABI.ID_MESSAGE, bytes);
      }
    }
    assert(check(buffer, format) > 5000);
  });

  Deno.test(`${format}: without a clock, and far beyond 2^53`, () => {
    for (const clockId of [ABI.CLOCK_NONE, ABI.CLOCK_MONOTONIC]) {
      let now = clockId === ABI.CLOCK_NONE ? 0n : 2n ** 53n - 500n;
      const clock = () => now += clockId === ABI.CLOCK_NONE ? 0n : 1n;
      const clockHz = clockId === ABI.CLOCK_NONE ? 0n : 1_000_000_000n;
      const options = { nrTrace: 1, clock, clockId, clockHz };
      const { buffer, writer } = makeRegion(options, REGION_BYTES);
      for (let i = 0; i < 1000; i++) {
        writer.write(0, ABI.ID_MESSAGE, new Uint8Array([0x61, 0x0a]));
      }
      assert(check(buffer, format) > 900);
    }
  });

  Deno.test(`${format}: records of other kinds between messages`, () => {
    const { buffer, writer } = makeRegion({ nrTrace: 2 }, REGION_BYTES);
    let written = 0;
    for (const bytes of messages()) {
      const id = written % 100 === 50 ? ABI.ID_OPAQUE : ABI.ID_MESSAGE;
      writer.write(written++ % 2, id, bytes);
    }
    check(buffer, format);
  });
}

Deno.test("what is late counts as late, in runs too", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1 }, REGION_BYTES);
  const { rings: [{ dataOffset, blockBytes }] } = new RegionReader(buffer).info;
  const recordBytes = RECORD.size + 16;
  const perBlock = (blockBytes - BLOCK.size) / recordBytes;
  for (let i = 0; i < 8 * perBlock; i++) {
    writer.write(0, ABI.ID_MESSAGE, new Uint8Array(16).fill(0x61));
  }
  const view = new DataView(buffer);
  const block = dataOffset + 4 * blockBytes;
  for (let i = 0; i < perBlock; i++) {
    const at = block + BLOCK.size + i * recordBytes + RECORD.timestamp;
    view.setBigUint64(at, view.getBigUint64(at, true) - 500n, true);
  }
  check(buffer, "text");
  assertEquals(print(buffer, "text", true).totals.late, perBlock);
});

Deno.test("a message with what would end its line is escaped in JSON", () => {
  const { buffer, writer } = makeRegion({ nrTrace: 1 });
  const text = 'plain "and\\ \x1b[31m\nnot';
  for (let i = 0; i < 3; i++) {
    writer.write(0, ABI.ID_MESSAGE, new TextEncoder().encode(text));
  }
  const lines = print(buffer, "json", true).text.trimEnd().split("\n");
  const found = lines.map((line) => JSON.parse(line).message);
  assertEquals(found.filter((each) => each === text).length, 3);
});
