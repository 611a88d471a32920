// SPDX-License-Identifier: MIT
import { assertEquals } from "@std/assert";
import { withoutReplays } from "./console.ts";

const NOTICE = "** replaying previous printk message **";

Deno.test("a console's replay of a message is counted once", () => {
  assertEquals(
    withoutReplays(["[1] a", "[2] bc", NOTICE, "[2] bcd", "[3] e"]),
    ["[1] a", "[2] bcd", "[3] e"],
  );
  // The message was already whole, or nothing of it was there.
  assertEquals(withoutReplays(["[1] a", NOTICE, "[1] a"]), ["[1] a"]);
  assertEquals(withoutReplays([NOTICE, "[1] a"]), ["[1] a"]);
  // A message of several lines.
  assertEquals(
    withoutReplays(["[1] a", "[2] b", "[2] c", NOTICE, "[2] b", "[2] cd"]),
    ["[1] a", "[2] b", "[2] cd"],
  );
  // A message that is replayed twice.
  assertEquals(
    withoutReplays(["[1] a", NOTICE, "[1] ab", NOTICE, "[1] abc"]),
    ["[1] abc"],
  );
});

Deno.test("control: nothing else that a console has is dropped", () => {
  for (
    const lines of [
      ["[1] a", "[1] ab"],
      ["[1] a", "[1] a"],
      ["[1] a", "[2] b"],
    ]
  ) {
    assertEquals(withoutReplays(lines), lines);
  }
  assertEquals(
    withoutReplays(["[1] a", "[2] x", NOTICE, "[2] y"]),
    ["[1] a", "[2] x", "[2] y"],
  );
});
