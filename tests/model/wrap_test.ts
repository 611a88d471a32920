// SPDX-License-Identifier: MIT
// Tests the real writer where its packed state word wraps, which the models leave
// out.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { copyChanged, within } from "../guest/changed.ts";
import { CHECKER, SANITIZED, WRITER } from "../guest/sources.ts";
import { ccTest, figures, run, runOk } from "../tools/cc.ts";

const PROGRAM = ["tests/model/wrap.c", ...CHECKER];

ccTest(
  "position and sequence pass 2^32 unseen",
  { sanitize: "address,undefined" },
  (bench) => {
    const program = bench.compile("wrap", [...PROGRAM, ...WRITER], SANITIZED);
    const found = figures(runOk(program));
    assert(
      found.positions_wrapped > 10_000 && found.sequences_wrapped > 3000 &&
        found.drops > 1000,
      JSON.stringify(found),
    );
  },
);

const MISTAKES = [
  {
    name: "extend",
    file: "core/claim.h",
    find: "return base + (u32)(low - (u32)base);",
    replace: "return (base & ~0xffffffffULL) | low;",
  },
  {
    name: "sequence",
    file: "core/ring.c",
    find: "extend((u32)(state >> 32), r->commit_seq), true);",
    replace: "state >> 32, true);",
  },
] as const;

ccTest("controls: a carry forgotten is found", {}, (bench) => {
  for (const mistake of MISTAKES) {
    const writer = within(copyChanged(bench, mistake), WRITER);
    const sources = [...PROGRAM, ...writer];
    const { code, stderr } = run(bench.compile(mistake.name, sources));
    assertEquals(code, 1);
    assertMatch(stderr, /wrap\.c:\d+:|walk\.c:\d+:/);
  }
});
