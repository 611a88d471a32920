// SPDX-License-Identifier: MIT
import { assert, assertEquals } from "@std/assert";
import { halvesOf } from "./halves.ts";

Deno.test("two halves have each test of a folder once, without what is left out", () => {
  const [one, other] = halvesOf("tests/tools", ["lanes_test.ts"]);
  const all = [...one, ...other].sort();
  assertEquals(new Set(all).size, all.length);
  assert(all.includes("tests/tools/halves_test.ts"));
  assert(!all.includes("tests/tools/lanes_test.ts"));
  const [first, second] = halvesOf("tests/tools");
  assertEquals(first.length + second.length, all.length + 1);
  assert(Math.abs(first.length - second.length) <= 1);
});
