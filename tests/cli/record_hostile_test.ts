// SPDX-License-Identifier: MIT
/**
 * Tests formats and records of a hostile guest, because other tools open what
 * we write.
 */
import { assert, assertEquals } from "@std/assert";
import { findTraces } from "../../cli/traces/find_traces.ts";
import { writeTraceDat } from "../../cli/traces/trace_dat_file.ts";
import { ABI } from "../../ring/layout.ts";
import { Random } from "../fuzz/random.ts";
import { haveBabeltrace, openTrace } from "../support/babeltrace.ts";
import { entry, FIXTURES, readFixture } from "../support/events.ts";
import { recorded } from "../support/recordings.ts";
import { makeRegion } from "../support/regions.ts";
import { haveTraceCmd, report } from "../support/trace_cmd.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

/**
 * Seeds of random numbers. With 12, trace-cmd met an event of ftrace's own that
 * did not have the form that it knows.
 */
const SEEDS = [12, 20261];
const MISSING = [
  ...haveBabeltrace() ? [] : ["babeltrace2"],
  ...haveTraceCmd() ? [] : ["trace-cmd"],
];
const FORMATS = 600;
const RECORDS_EACH = 3;
const LONGEST = 400;

/** Words that mean something to the parsers of what we write. */
const WORDS = [
  ...["event", "struct", "int", "integer", "string", "enum", "typealias"],
  ...["trace", "env", "stream", "clock", "variant", "float", "align", "size"],
  ...["_", "__", "_data", "__data", "_hole", "__data_loc", "common_type"],
  ...["len", "seq", "REC", "field", "offset", "name", "ID", "format", "print"],
  "a".repeat(64),
];

const SIGNS = ['"', "\\", "%s", "%d", "%n", "%*d", "}", ";", "\n", "/ 0", "("];

/** Changes some words, numbers and signs in the text of a format. */
function bent(text: string, random: Random): string {
  const changes = random.below(4);
  let result = text;
  for (let i = 0; i < changes; i++) {
    const at = random.below(result.length);
    const rest = result.slice(at);
    const put = (pattern: RegExp, by: string) =>
      result = result.slice(0, at) + rest.replace(pattern, by);
    switch (random.below(5)) {
      case 0:
        put(/\w+;\toffset/, `${random.pick(WORDS)};\toffset`);
        break;
      case 1:
        put(
          /size:\d+/,
          `size:${random.pick([0, 1, 2, 3, 4, 8, 16, 40, 65000])}`,
        );
        break;
      case 2:
        put(/offset:\d+/, `offset:${random.below(64)}`);
        break;
      case 3:
        put(/\[\d*\]/, random.pick(["[]", "[0]", "[1]", "[65535]", ""]));
        break;
      case 4:
        put(/\W/, random.pick(SIGNS));
        break;
    }
  }
  return result;
}

for (const seed of SEEDS) {
  Deno.test({
    name: skippedName(
      `record: what a hostile guest publishes opens in other tools: ${seed}`,
      missingReason(MISSING),
    ),
    ignore: MISSING.length > 0,
    fn: () => hostile(seed),
  });
}

async function hostile(seed: number): Promise<void> {
  const random = new Random(seed);
  const { buffer, writer } = makeRegion(
    { nrTrace: 1, metaBytes: 2 << 20 },
    1 << 23,
  );
  const texts = FIXTURES.flatMap((series) => readFixture(series).formats);
  let written = 0;
  for (let i = 0; i < FORMATS; i++) {
    const text = bent(random.pick(texts), random);
    const id = 1 + random.below(700);
    const named = text.replace(/^ID: \d+$/m, `ID: ${id}`)
      .replace(/^name: /m, random.below(4) === 0 ? "name: struct" : "name: ");
    assert(writer.describe(id, named));
    for (let j = 0; j < RECORDS_EACH; j++) {
      const rest = new Uint8Array(random.below(LONGEST));
      for (let k = 0; k < rest.length; k++) {
        // Small numbers make dynamic fields that lie within the record.
        rest[k] = random.below(2) === 0 ? 0 : random.below(256);
      }
      writer.write(0, id, entry(rest, { id }));
      written++;
    }
  }
  await recorded(buffer, async ({ drain, recorder, path }) => {
    drain();
    const { events, discarded } = await openTrace(path);
    const shown = events.get("0")!;
    const typed = shown.filter(({ name }) => name !== "opaque").length;
    assertEquals(recorder.totals.lost + discarded, 0);
    assertEquals(shown.length, written);
    assertEquals(written - typed, recorder.totals.opaque);
    assert(typed > written / 4, `${typed} of ${written}`);
    assert(recorder.totals.opaque > 0);
    const [trace] = findTraces(path);
    const file = `${path}/trace.dat`;
    const { opaque } = writeTraceDat(trace, file);
    // Some records have a text in a place where it would harm a tool.
    const harmful = opaque - recorder.totals.opaque;
    assert(harmful >= 0 && harmful < typed / 10, `${harmful}`);
    for (const options of [[], ["-R"]]) {
      const { length } = await report(file, ...options);
      assertEquals(length, typed - harmful);
    }
    const made = trace.info.classes.filter(({ id }) => id > ABI.ID_CLOCK);
    assert(made.length > 0);
  });
}
