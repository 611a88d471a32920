// SPDX-License-Identifier: MIT
/**
 * PROTOCOL.md has everything that an implementer needs: a reader written from
 * it alone agrees with ours on every message and every counter.
 */
import { assert } from "@std/assert";
import { CHECKER, SANITIZED, WRITER } from "../guest/sources.ts";
import { ccTest, figures, runOk, type Workbench } from "../tools/cc.ts";
import { follow, makeSteps, type Step } from "./steps.ts";

/** Sizes of the region, and of a block, in bytes. */
const SHAPES = [[1 << 18, 4096], [1 << 21, 65536]] as const;

/** Returns regions of the driver's writer, saved after every event. */
function stages(bench: Workbench, bytes: number, blockBytes: number): Step[] {
  const sources = ["tests/protocol/stages.c", "tests/guest/fixture.c"];
  const program = bench.compile(
    `stages-${blockBytes}`,
    [...sources, ...CHECKER, ...WRITER],
    SANITIZED,
  );
  const folder = `${bench.dir}/${blockBytes}`;
  Deno.mkdirSync(folder);
  const { stages } = figures(
    runOk(program, [folder, `${bytes}`, `${blockBytes}`]),
  );
  return Array.from({ length: stages }, (_, i) => {
    const name = `${i}`.padStart(2, "0");
    return {
      name: `stage ${name}`,
      bytes: Deno.readFileSync(`${folder}/${name}`),
    };
  });
}

/** Returns whether the magic is there. */
function isFormatted({ bytes }: Step): boolean {
  return bytes.subarray(0, 8).some((byte) => byte !== 0);
}

for (const [bytes, blockBytes] of SHAPES) {
  ccTest(`the driver's regions, blocks of ${blockBytes} bytes`, {
    sanitize: "address,undefined",
  }, (bench) => {
    const all = stages(bench, bytes, blockBytes);
    const readers = follow(all, "from the beginning");
    const { counts } = readers;
    assert(readers.messages > 1000);
    for (const name of ["lost", "dropped", "truncated", "opaque", "skipped"]) {
      assert(counts[name] > 0, name);
    }
    for (const [i, stage] of all.entries()) {
      if (!isFormatted(stage)) continue;
      follow([stage], `${stage.name} alone`);
      if (i % 5 === 0) follow(all.slice(i), `from ${stage.name} on`);
    }
  });
}

Deno.test("the small writer's regions", () => {
  const steps = makeSteps();
  const { counts } = follow(steps, "from the beginning");
  for (const name of ["lost", "dropped", "truncated", "corrupt", "sessions"]) {
    assert(counts[name] > 0, `${name}: ${JSON.stringify(counts)}`);
  }
  for (const [i, step] of steps.entries()) {
    follow([step], `${step.name} alone`);
    follow(steps.slice(i), `from "${step.name}" on`);
  }
});
