// SPDX-License-Identifier: MIT
import { assertEquals } from "@std/assert";
import { bytesOf, shownText, textOf } from "../../ffi/c_text.ts";

Deno.test("whatever bytes a name has, its text leads back to them", () => {
  const ends = [[], [0x61], [0xff], [0xc3, 0xa4], [0xf0, 0x9f, 0x99, 0x82]];
  const second = [1, 0x61, 0x80, 0x9f, 0xa0, 0xbf, 0xc3, 0xe6, 0xf0, 0xff];
  for (let first = 1; first < 256; first++) {
    for (const [i, next] of second.entries()) {
      const bytes = new Uint8Array([first, next, ...ends[i % ends.length]]);
      assertEquals(bytesOf(textOf(bytes)), bytes);
    }
  }
  // Surrogates and overlong forms are invalid UTF-8; a byte order mark is kept.
  for (
    const bytes of [
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xef, 0xbb, 0xbf, 0x61],
      [0xef, 0xbb, 0xbf, 0xff],
      [0xe6, 0x97],
    ]
  ) assertEquals([...bytesOf(textOf(new Uint8Array(bytes)))], bytes);
});

Deno.test("texts that are valid are the usual ones, others shown as bytes", () => {
  for (const text of ["", "vm1", "日本", "🙂\u{10ffff}", "\ufeffx"]) {
    const bytes = new TextEncoder().encode(text);
    assertEquals(textOf(bytes), text);
    assertEquals(bytesOf(text), bytes);
    assertEquals(shownText(text), text);
  }
  const text = textOf(new Uint8Array([0x76, 0xff, 0xc3, 0xa4, 0xc3, 0x6d]));
  assertEquals(shownText(text), "v\\xffä\\xc3m");
});
