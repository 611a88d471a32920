// SPDX-License-Identifier: MIT
// The real writer where its packed state word wraps, which the models leave out.
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { CHECKER, SANITIZED, WRITER } from "../guest/sources.ts";
import { ccTest, figures, run, runOk } from "../tools/cc.ts";
import { ROOT } from "../tools/root.ts";

const PROGRAM = ["tests/model/wrap.c", ...CHECKER];
const RING = "guest/ivring_ring.c";

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

ccTest("controls: a carry forgotten is found", {}, (bench) => {
  const source = Deno.readTextFileSync(`${ROOT}/${RING}`);
  const others = WRITER.filter((file) => file !== RING);
  const mistakes: [name: string, from: string, to: string][] = [
    [
      "extend",
      "return base + (u32)(low - (u32)base);",
      "return (base & ~0xffffffffULL) | low;",
    ],
    [
      "sequence",
      "r->commit_seq = extend((u32)(state >> 32), r->commit_seq);",
      "r->commit_seq = state >> 32;",
    ],
  ];
  for (const [name, from, to] of mistakes) {
    const changed = source.replace(from, to);
    assertNotEquals(changed, source);
    const file = `${bench.dir}/${name}.c`;
    Deno.writeTextFileSync(file, changed);
    const sources = [...PROGRAM, ...others, file];
    const { code, stderr } = run(bench.compile(name, sources));
    assertEquals(code, 1);
    assertMatch(stderr, /wrap\.c:\d+:|walk\.c:\d+:/);
  }
});
