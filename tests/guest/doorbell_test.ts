// SPDX-License-Identifier: MIT
// Tests when the doorbell is rung, and how often.
import { assert } from "@std/assert";
import { ccTest, figures, runOk } from "../tools/cc.ts";
import { CHECKER, WRITER } from "./sources.ts";

ccTest("the doorbell is rung once for each arming", { arch: "x86_64" }, (
  bench,
) => {
  const sources = ["tests/guest/doorbell.c", ...CHECKER, ...WRITER];
  const found = figures(runOk(bench.compile("doorbell", sources, ["-O2"])));
  console.log("doorbell:", JSON.stringify(found));
  assert(found.checks > 500 && found.steps > 300, JSON.stringify(found));
});
