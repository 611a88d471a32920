// SPDX-License-Identifier: MIT
// Memory of others is left alone: tests to whom a region belongs, and which
// devices were chosen.
import { assert } from "@std/assert";
import { ccTest, figures, runOk } from "../tools/cc.ts";
import { CHECKER, SANITIZED, WRITER } from "./sources.ts";

ccTest("only what is zero or ours may be formatted", { arch: "x86_64" }, (
  bench,
) => {
  const sources = ["tests/guest/found.c", "tests/guest/fixture.c"];
  const all = [...sources, ...CHECKER, ...WRITER];
  const found = figures(runOk(bench.compile("found", all, ["-O2"])));
  assert(found.foreign > 4000 && found.ours > 60, JSON.stringify(found));
  assert(found.steps > 10_000 && found.went_on > 10, JSON.stringify(found));
});

ccTest("a device is chosen by its full name", {
  sanitize: "address,undefined",
}, (bench) => {
  const sources = ["tests/guest/choice.c", "guest/core/device_choice.c"];
  const all = [...sources, ...CHECKER, ...WRITER];
  const found = figures(runOk(bench.compile("choice", all, SANITIZED)));
  assert(found.checks > 200_000, JSON.stringify(found));
});
