// SPDX-License-Identifier: MIT
// Tests the division of the region, and what a driver does with what it finds
// there.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ccTest, figures, run, runOk, type Workbench } from "../tools/cc.ts";
import { CHECKER, SANITIZED, WRITER } from "./sources.ts";

const SANITIZE = { sanitize: "address,undefined" };

/** Compiles one of this folder's programs with the driver's own sources. */
function compile(bench: Workbench, name: string): string {
  const fixture = "tests/guest/fixture.c";
  const sources = [`tests/guest/${name}.c`, fixture, ...CHECKER, ...WRITER];
  return bench.compile(name, sources, SANITIZED);
}

ccTest("every plan of a region adds up", SANITIZE, (bench) => {
  const found = figures(runOk(compile(bench, "region")));
  assert(
    found.plans > 40_000 && found.refusals > 20_000,
    JSON.stringify(found),
  );
});

ccTest("a region is continued only if it is whole", SANITIZE, (bench) => {
  const program = compile(bench, "attach");
  const found = figures(runOk(program));
  // Each of the header's 4096 bits, flipped, makes the region unknown.
  assert(found.fresh > 4096 && found.continued > 100, JSON.stringify(found));

  const control = run(program, ["outside"]);
  assertEquals(control.code === 0, false);
  assertMatch(control.stderr, /AddressSanitizer: SEGV/);
});

ccTest("the kernel's prefixes come off its messages", SANITIZE, (bench) => {
  const sources = ["tests/guest/kline.c", "guest/core/kline.c"];
  const program = bench.compile(
    "kline",
    [...sources, ...CHECKER, ...WRITER],
    SANITIZED,
  );
  const found = figures(runOk(program));
  assert(
    found.parsed > 100_000 && found.refused > 10_000,
    JSON.stringify(found),
  );
});

ccTest("a lying host cannot make a driver write outside", SANITIZE, (bench) => {
  const found = figures(runOk(compile(bench, "hostile")));
  assert(found.accepted > 100 && found.refused > 100, JSON.stringify(found));
  assert(found.continued > 0, "the changing region was never continued");
  assert(found.rings > 0 && found.drops > 0, JSON.stringify(found));
});
