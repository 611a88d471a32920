// SPDX-License-Identifier: MIT
// Runs the fast subset of `deno task model`, and tests how verdicts are reached.
import { assert, assertEquals } from "@std/assert";
import { skippedName } from "../tools/skipping.ts";
import { RUNS } from "./runs.ts";
import { check, judge, missingTools } from "./spin.ts";

const NAME = "the protocol's model: fast proofs hold, fast controls are found";
const missing = missingTools();
const ignore = missing !== "" && Deno.env.get("IVRING_REQUIRE_SPIN") !== "1";

Deno.test({
  name: skippedName(NAME, ignore ? missing : ""),
  ignore,
  async fn(t) {
    assertEquals(missing, "");
    for (const run of RUNS.filter((run) => run.fast)) {
      await t.step(run.name, () => {
        const { ok, found } = check(run);
        assert(ok, found);
      });
    }
  },
});

Deno.test("each run of the models has a name and a question of its own", () => {
  const questions = RUNS.map((r) => [r.model, ...r.defines].join(" "));
  assertEquals(new Set(RUNS.map((r) => r.name)).size, RUNS.length);
  assertEquals(new Set(questions).size, RUNS.length);
});

const CLEAN = "State-vector 156 byte, depth reached 632, errors: 0\n" +
  "   960233 states, stored\n";
const FOUND = "pan:1: assertion violated  !(torn) (at depth 116)\n" +
  "Warning: Search not completed\nerrors: 1\n    360 states, stored\n";

Deno.test("a proof that saw all and found nothing holds; a control fails", () => {
  const seen = { found: "no error", states: 960233 };
  assertEquals(judge(CLEAN, false), { ok: true, ...seen });
  assertEquals(judge(CLEAN, true).ok, false);
});

Deno.test("an assertion that fails is what a control needs, not a proof", () => {
  const seen = { found: "!(torn)", states: 360 };
  assertEquals(judge(FOUND, true), { ok: true, ...seen });
  assertEquals(judge(FOUND, false), { ok: false, ...seen });
});

Deno.test("a run that reached a limit or failed otherwise never passes", () => {
  for (
    const bad of [
      "error: max search depth too small\n" + CLEAN,
      "pan: out of memory\n" + CLEAN,
      "pan: reached -DMEMLIM bound\nWarning: Search not completed\n" + CLEAN,
      "pan:1: invalid end state (at depth 5)\nerrors: 1\n  9 states, stored\n",
      "pan: ended by SIGKILL",
      "",
    ]
  ) {
    assertEquals(judge(bad, false).ok, false, bad);
    assertEquals(judge(bad, true).ok, false, bad);
  }
});
