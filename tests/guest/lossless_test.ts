// SPDX-License-Identifier: MIT
// Lossless mode: nothing is overwritten that was not consumed, and the consumer's
// words, whatever they are, can do no more than keep records out.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ccTest, figures, run, runOk, type Workbench } from "../tools/cc.ts";
import { copyChanged, within } from "./changed.ts";
import { CHECKER, SANITIZED, THREADS, WRITER } from "./sources.ts";

const SANITIZE = { sanitize: "address,undefined" };

function compile(
  bench: Workbench,
  name: string,
  flags: readonly string[],
  writer: readonly string[] = WRITER,
): string {
  const sources = [`tests/guest/${name}.c`, ...CHECKER, ...writer];
  return bench.compile(`${name}-${crypto.randomUUID()}`, sources, [...flags]);
}

ccTest("who is waited for, and for how long", SANITIZE, (bench) => {
  const found = figures(runOk(compile(bench, "consumer", SANITIZED)));
  assert(found.checks > 4000, JSON.stringify(found));
});

for (const [kind, flags] of [["fast", ["-O2"]], ["sanitized", SANITIZED]]) {
  const needs = kind === "fast" ? {} : SANITIZE;
  ccTest(`a writer faster than its consumer, ${kind}`, needs, (bench) => {
    const program = compile(bench, "lossless", [...flags]);
    for (const how of ["consumer", "storm", "liar"]) {
      const found = figures(runOk(program, [how, "30000"]));
      console.log(`${how} (${kind}):`, JSON.stringify(found));
      assertEquals(found.attempted, found.written + found.dropped);
      assert(found.written > 0 && found.dropped > 0);
      if (how !== "liar") assertEquals(found.consumed, found.written);
      if (how === "storm") assert(found.nested > 0, "no signal nested");
    }
  });
}

ccTest("what is consumed is read before its place is given up", {
  sanitize: "thread",
}, (bench) => {
  const whole = compile(bench, "lossless", THREADS);
  for (const how of ["consumer", "liar"]) runOk(whole, [how, "10000"]);

  const unordered = within(
    copyChanged(bench, {
      file: "core/port.h",
      find: "virt_load_acquire(p)\t__atomic_load_n((p), __ATOMIC_ACQUIRE)",
      replace: "virt_load_acquire(p)\t__atomic_load_n((p), __ATOMIC_RELAXED)",
    }),
    WRITER,
  );
  const broken = compile(bench, "lossless", THREADS, unordered);
  const control = run(broken, ["consumer", "10000"]);
  assert(control.code !== 0, "the sanitizer saw no race");
  assertMatch(control.stderr, /ThreadSanitizer: data race/);
});
