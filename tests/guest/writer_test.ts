// SPDX-License-Identifier: MIT
// Tests the writer of one ring: nested, abandoned, taken over, and shared.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ccTest, figures, run, runOk, type Workbench } from "../tools/cc.ts";
import { copyChanged, within } from "./changed.ts";
import { CHECKER, SANITIZED, THREADS, WRITER } from "./sources.ts";

/** Block size, number of blocks, rounds. Small rings make nested writers drop. */
const STORMS = [["4096", "4", "600"], ["16384", "7", "60"], [
  "65536",
  "16",
  "6",
]];

for (const [kind, flags] of [["fast", ["-O2"]], ["sanitized", SANITIZED]]) {
  const needs = kind === "fast" ? {} : { sanitize: "address,undefined" };
  ccTest(`a storm of nested writers, ${kind}`, needs, (bench) => {
    const sources = ["tests/guest/writer.c", ...CHECKER, ...WRITER];
    const program = bench.compile("writer", sources, [...flags]);
    let deeper = 0;
    let overwritten = 0;
    for (const storm of STORMS) {
      const found = figures(runOk(program, storm));
      console.log(`storm ${storm.join(" ")} (${kind}):`, JSON.stringify(found));
      assertEquals(found.attempted, found.sequence + found.dropped);
      assertEquals(found.discards_fell, 0);
      assert(found.depth_1 > 0, "no signal nested");
      deeper += found.depth_2;
      overwritten += found.overwritten;
      assert(found.crashes > 0 && found.lost > 0);
      assert(found.laps > 2 && found.walked > 0);
      if (storm[1] === "4") assert(found.parts > 0);
    }
    assert(deeper > 0, "no signal nested in another");
    assert(overwritten > 0, "no crash took the oldest block along");
  });
}

ccTest("a write interrupted or abandoned at each instruction", {
  arch: "x86_64",
}, (bench) => {
  const sources = ["tests/guest/step.c", ...CHECKER, ...WRITER];
  const found = figures(runOk(bench.compile("step", sources, ["-O2"])));
  console.log("stepped:", JSON.stringify(found));
  assert(found.runs > 3000 && found.adopts > 500, JSON.stringify(found));
  assertEquals(found.discards_fell, 0);
  assert(found.drops > 0 && found.lost > 0, JSON.stringify(found));
});

/** Returns the writer with its release turned into a plain store. */
function copyUnreleased(bench: Workbench): string[] {
  return within(
    copyChanged(bench, {
      file: "core/port.h",
      find:
        "#define virt_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)",
      replace:
        "#define virt_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)",
    }),
    WRITER,
  );
}

ccTest("what is committed is ordered before the commit", {
  sanitize: "thread",
}, (bench) => {
  const sources = ["tests/guest/races.c", ...CHECKER];
  const program = bench.compile("races", [...sources, ...WRITER], THREADS);
  assertEquals(figures(runOk(program, ["20000"])).written, 40_000);

  const unreleased = [...sources, ...copyUnreleased(bench)];
  const broken = bench.compile("broken", unreleased, THREADS);
  const control = run(broken, ["20000"]);
  assert(control.code !== 0, "the sanitizer saw no race");
  assertMatch(control.stderr, /ThreadSanitizer: data race/);
});

/** Flags for a guest of one CPU, where barriers among its own CPUs do nothing. */
const ONE_CPU = [...THREADS, "-DIVRING_ONE_CPU"];

ccTest("a guest of one CPU orders its stores for the host, too", {
  sanitize: "thread",
}, (bench) => {
  const sources = ["tests/guest/races.c", ...CHECKER];
  const program = bench.compile("one", [...sources, ...WRITER], ONE_CPU);
  assertEquals(figures(runOk(program, ["20000"])).written, 40_000);

  const folder = copyChanged(bench, {
    file: "core/usual.h",
    find: "		virt_store_release(&live->commit, cpu_to_le64(commit));",
    replace: "		smp_store_release(&live->commit, cpu_to_le64(commit));",
  });
  const broken = [...sources, ...within(folder, WRITER)];
  const control = run(bench.compile("other", broken, ONE_CPU), ["20000"]);
  assert(control.code !== 0, "the sanitizer saw no race");
  assertMatch(control.stderr, /ThreadSanitizer: data race/);
});
