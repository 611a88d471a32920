// SPDX-License-Identifier: MIT
/** Tests that the check of imports finds the faults that it is there for. */
import { assertEquals } from "@std/assert";
import { importFaults } from "./imports.ts";

function faultsOf(sources: Record<string, string>): string[] {
  return importFaults(new Map(Object.entries(sources)));
}

Deno.test("imports that run downwards have no faults", () => {
  const sources = {
    "main.ts": 'import { a } from "./cli/commands/a.ts";',
    "cli/commands/a.ts":
      'import type { b } from "../console/b.ts";\nawait import("./c.ts");',
    "cli/commands/c.ts": 'import { x } from "npm:x";',
    "cli/console/b.ts": 'export { d } from "../../ring/d.ts";',
    "ring/d.ts": 'import { e } from "./events/e.ts";',
    "ring/events/e.ts": "",
  };
  assertEquals(faultsOf(sources), []);
});

Deno.test("imports that run upwards, or to a room beside, are found", () => {
  const sources = {
    "cli/formats/a.ts": 'import type { B } from "../arguments/b.ts";',
    "cli/arguments/b.ts": "",
    "cli/printing/c.ts": 'const d = await import(\n  "../traces/d.ts"\n);',
    "cli/traces/d.ts": "",
  };
  assertEquals(faultsOf(sources), [
    "cli/formats/a.ts imports cli/arguments/b.ts, which is not below it",
    "cli/printing/c.ts imports cli/traces/d.ts, which is not below it",
  ]);
});

Deno.test("the library imports neither its own door nor the system", () => {
  const sources = {
    "cli/a.ts": 'import { a } from "../ring/mod.ts";',
    "ring/mod.ts": 'export { b } from "./b.ts";',
    "ring/b.ts": 'import { d } from "../ffi/d.ts";',
    "ring/events/c.ts": 'import { b } from "../mod.ts";',
    "ffi/d.ts": "",
  };
  assertEquals(faultsOf(sources), [
    "ring/b.ts imports ffi/d.ts, which is not below it",
    "ring/events/c.ts imports ring/mod.ts, which is for other programs",
  ]);
});

Deno.test("circles are found, however long they are", () => {
  const sources = {
    "ring/a.ts": 'import { b } from "./b.ts";',
    "ring/b.ts": 'import { c } from "./events/c.ts";',
    "ring/events/c.ts": 'import { a } from "../a.ts";',
  };
  assertEquals(faultsOf(sources), [
    "a circle: ring/a.ts > ring/b.ts > ring/events/c.ts > ring/a.ts",
  ]);
});

Deno.test("a folder without a place in the plan is found", () => {
  assertEquals(faultsOf({ "cli/attic/a.ts": "" }), [
    "cli/attic/a.ts: this folder has no place in the plan",
  ]);
});
