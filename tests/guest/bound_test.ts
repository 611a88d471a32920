// SPDX-License-Identifier: MIT
// Tests how much of a ring programs without privileges may fill.
import { assert } from "@std/assert";
import { ccTest, figures, runOk } from "../tools/cc.ts";
import { CHECKER, SANITIZED, WRITER } from "./sources.ts";

ccTest("no flood of programs goes beyond its bound", {
  sanitize: "address,undefined",
}, (bench) => {
  const sources = ["tests/guest/bound.c", ...CHECKER, ...WRITER];
  const found = figures(runOk(bench.compile("bound", sources, SANITIZED)));
  assert(
    found.written > 10_000 && found.refused > 10_000 && found.kept > 500,
    JSON.stringify(found),
  );
});
