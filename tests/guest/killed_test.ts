// SPDX-License-Identifier: MIT
// Kills a writer at every step of a write: records that it claimed and never
// committed are an exact gap, which hides no later record.
import { assert, assertEquals } from "@std/assert";
import { ABI, RING_DESC, RING_LIVE } from "../../ring/layout.ts";
import { RingFormatError } from "../../ring/errors.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { collect } from "../support/regions.ts";
import { SharedObject } from "../support/shared_object.ts";
import { ccTest } from "../tools/cc.ts";
import { WRITER } from "./sources.ts";

const REGION_BYTES = 64 << 20;
const LEAST_STEPS = 50;

/** Returns null if there is no header: each life removes it for a moment. */
function attached({ buffer }: SharedObject): RegionReader | null {
  try {
    return new RegionReader(buffer);
  } catch (error) {
    if (!(error instanceof RingFormatError)) throw error;
    return null;
  }
}

ccTest("a writer killed at every step of a write", { arch: "x86_64" }, async (
  bench,
) => {
  const program = bench.compile("killed", ["tests/guest/killed.c", ...WRITER], [
    "-O2",
  ]);
  using object = new SharedObject(REGION_BYTES);
  const child = new Deno.Command(program, {
    args: [object.path],
    stdout: "piped",
  }).spawn();
  let running = true;
  const output = child.output().finally(() => running = false);

  const { seen, sink } = collect();
  let reader: RegionReader | null = null;
  for (let done = false; !done;) {
    done = !running; // at least one more round after its end
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (reader === null) {
      reader = attached(object);
      done &&= reader === null;
      continue;
    }
    const { more, held, reformatted } = reader.drain(sink);
    if (reformatted) reader.reattach(sink);
    done &&= !more && !held && !reformatted;
  }
  reader!.finish(sink);
  const { code, stdout } = await output;
  assertEquals(code, 0);
  const lives = Number(
    /lives (\d+)/.exec(new TextDecoder().decode(stdout))![1],
  );
  assert(lives > LEAST_STEPS, `the write had only ${lives} steps`);

  const { totals, info } = reader!;
  const view = new DataView(object.buffer);
  const written = info.rings.reduce((sum, { descOffset }) => {
    const at = descOffset + RING_DESC.live + RING_LIVE.commitSeq;
    return sum + Number(view.getBigUint64(at, true));
  }, 0);
  assertEquals(totals.records + totals.lost + totals.missed, written);
  assertEquals([totals.corrupt, totals.dropped, totals.rewound], [0, 0, 0]);
  assert(totals.lost > 0 && totals.lost < lives);

  const texts = (what: string) =>
    seen.filter((s) => s.id === ABI.ID_MESSAGE && s.text.includes(what))
      .map((s) => s.text.replace(/^\.*/, ""));
  const text = (what: string, life: number) =>
    what.padEnd(20) + String(life).padStart(11);
  assertEquals(
    texts("before"),
    Array.from({ length: lives }, (_, i) => text("before", i + 1)),
  );
  for (const victim of texts("victim")) {
    assertEquals(victim, text("victim", Number(victim.slice(20))));
  }
  assert(texts("victim").includes(text("victim", lives)));
  const takeovers = seen.filter((s) =>
    s.id === ABI.ID_TAKEOVER && s.ring === 0
  );
  assertEquals(takeovers.length, lives - 1);
  console.log(
    `${lives} lives: ${totals.records} records, ${totals.lost} lost, ` +
      `${texts("victim").length} of the last writes whole`,
  );
});
