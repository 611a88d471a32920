// SPDX-License-Identifier: MIT
import { assertEquals, assertThrows } from "@std/assert";
import { bytesText, columns, spanText } from "../../cli/console/columns.ts";
import { isPattern, matcher } from "../../cli/regions/patterns.ts";

const MATCHES: readonly (readonly [string, string, boolean])[] = [
  ["/vm*", "/vm1", true],
  ["vm*", "/vm", true],
  ["/vm*", "/avm1", false],
  ["/dev/shm/vm*", "/vm1", true],
  ["vm[12]", "/vm2", true],
  ["vm[12]", "/vm3", false],
  ["vm[!12]", "/vm3", true],
  ["vm[a-c-]", "/vm-", true],
  ["vm[a-c]", "/vm-", false],
  ["v?1", "/vm1", true],
  ["v?1", "/v1", false],
  ["*", "/.hidden", false],
  [".*", "/.hidden", true],
  ["[.]*", "/.hidden", false],
  ["a.b*", "/axb", false],
  ["a+(b)|c$*", "/a+(b)|c$d", true],
  ["[]", "/[]", true],
  ["x[&&]", "/x&", true],
  ["*ü?", "/grün", true],
];

for (const [pattern, name, expected] of MATCHES) {
  Deno.test(`pattern: ${pattern} ${expected ? "has" : "has not"} ${name}`, () => {
    assertEquals(matcher(pattern)(name), expected);
  });
}

Deno.test("pattern: one that is none", () => {
  assertThrows(() => matcher("[z-a]"), RangeError, '"[z-a]" is no pattern');
  assertThrows(() => matcher("a/*"), RangeError, "names no shared memory");
  assertEquals(["/vm1", "/v*", "/v?", "/v["].map(isPattern), [
    ...[false, true, true, true],
  ]);
});

Deno.test("columns: aligned, numbers at their right, nothing behind", () => {
  assertEquals(
    columns([["NAME", "N", "X"], ["a", "100", ""], ["bcdef", "1", "y"]], [1]),
    "NAME     N  X\na      100\nbcdef    1  y\n",
  );
});

Deno.test("columns: spans and sizes", () => {
  assertEquals(
    [0, 119, 120, 7199, 7200, 172_800].map(spanText),
    ["0 s", "119 s", "2 min", "119 min", "2 h", "2 d"],
  );
  assertEquals(
    [0, 100, 4096, 2 ** 21, 2 ** 21 + 1, 2 ** 33].map(bytesText),
    ["0 B", "100 B", "4 KiB", "2 MiB", "2097153 B", "8 GiB"],
  );
});
