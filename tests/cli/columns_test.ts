// SPDX-License-Identifier: MIT
import { unicodeWidth } from "@std/cli/unicode-width";
import { assertEquals } from "@std/assert";
import { columns } from "../../cli/console/columns.ts";

Deno.test("columns: as wide as what is shown, not as its code units", () => {
  // The widths are those of wcwidth(3).
  for (
    const [text, width] of [
      ["", 0],
      ["plain", 5],
      ["日本語", 6],
      ["ｆｕｌｌ", 8],
      ["한국", 4],
      ["grün", 4],
      ["gru\u0308n", 4],
      ["🙂x", 3],
      ["𝒳", 1],
      ["עברית", 5],
      ["กำ", 2],
    ] as const
  ) {
    assertEquals(unicodeWidth(text), width, text);
    const table = columns([["A", "B"], [text, "b"]]);
    const [head, row] = table.split("\n");
    assertEquals(row.length - text.length, head.length - width, text);
  }
  assertEquals(
    columns([["日", "1"], ["abc", "22"]], [0, 1]),
    " 日   1\nabc  22\n",
  );
});
