// SPDX-License-Identifier: MIT
// The torn-record proof: what a reader delivers is what was written, however much
// the writer overruns it; and its control, which shows that this test would find a
// torn record.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ccTest } from "../tools/cc.ts";
import { CHECKER, WRITER } from "./sources.ts";
import { copyRing, DELAYED, tornRun, UNCHECKED } from "./torn.ts";
import { apply } from "../support/changes.ts";

const RINGS = 2;
const SECONDS = 4;
/** Most runs of the control, which needs an overrun at the wrong moment. */
const CONTROLS_MAX = 10;

ccTest("no torn record is accepted, and none is unaccounted for", {
  arch: "x86_64",
}, async (bench) => {
  const sources = ["tests/guest/torn_writer.c", ...CHECKER, ...WRITER];
  const writer = bench.compile("torn_writer", sources, ["-O2"]);

  const proof = `${bench.dir}/delayed`;
  copyRing(proof, DELAYED);
  const { read, wrote } = await tornRun(writer, proof, RINGS, SECONDS);
  console.log("torn-record proof:", JSON.stringify({ ...read, ...wrote }));
  assertEquals(read.torn, 0);
  assertEquals(read.disorder, 0);
  assertEquals(read.corrupt, 0);
  assertEquals(read.rewound, 0);
  let written = 0, dropped = 0, accepted = 0;
  for (let ring = 0; ring < RINGS; ring++) {
    // The ring's end was reached, so records that are not accepted lie in gaps ...
    assertEquals(read.end[ring], wrote[`written_${ring}`]);
    assert(read.accepted[ring] > 0 && wrote[`nested_${ring}`] > 0);
    written += wrote[`written_${ring}`];
    dropped += wrote[`dropped_${ring}`];
    accepted += read.accepted[ring];
    assertEquals(
      wrote[`attempted_${ring}`],
      wrote[`written_${ring}`] + wrote[`dropped_${ring}`],
    );
  }
  assertEquals(accepted, read.records);
  // ... and the reader counted these gaps, exactly.
  assertEquals(read.missed, 0, "it attached before the first record");
  assertEquals(accepted + read.lost, written);
  assertEquals(read.dropped, dropped);
  assert(read.lost > 0, "the reader was never overrun: nothing was tried");

  const control = `${bench.dir}/unchecked`;
  copyRing(control, { ...DELAYED, ...UNCHECKED });
  let torn = 0;
  for (let run = 0; run < CONTROLS_MAX && torn === 0; run++) {
    const broken = (await tornRun(writer, control, RINGS, SECONDS)).read;
    console.log("control, re-check removed:", JSON.stringify(broken));
    torn = broken.torn;
  }
  assert(torn > 0, "no record was torn in the control");
});

Deno.test("a change that no longer fits the source fails", () => {
  const change = { find: "a line", replace: "" };
  assertThrows(() => apply("another", change), Error, "found it 0 times");
  assertThrows(() => apply("a line a line", change), Error, "2 times");
});
