// SPDX-License-Identifier: MIT
import { assert, assertEquals } from "@std/assert";
import { OutputBuffer } from "../../cli/formats/output_buffer.ts";
import { sanitize } from "../../cli/console/messages.ts";
import { jsonText } from "../../cli/formats/json_string.ts";
import { appendLines } from "../../cli/formats/text_lines.ts";
import { appendSafe } from "../../cli/formats/terminal.ts";

const into = new OutputBuffer();

function safe(input: string | Uint8Array): string {
  const bytes = typeof input === "string"
    ? new TextEncoder().encode(input)
    : input;
  into.take(into.length);
  appendSafe(into, bytes, 0, bytes.length);
  return new TextDecoder().decode(into.pending);
}

Deno.test("plain text, tabs and other scripts stay as they are", () => {
  for (const text of ["", "plain\ttext", "grün, 日本語, עברית, 🙂"]) {
    assertEquals(safe(text), text);
  }
});

Deno.test("what commands a terminal is shown, not obeyed", () => {
  assertEquals(safe("\x1b[2Jgone"), "\\x1b[2Jgone");
  assertEquals(safe("a\rb\bc\x07\x00\x7f"), "a\\x0db\\x08c\\x07\\x00\\x7f");
  assertEquals(safe("\u009b31m"), "\\x9b31m");
});

Deno.test("what reorders or hides text is shown", () => {
  assertEquals(
    safe("a\u202eb\u2066c\u200bd"),
    "a\\u{202e}b\\u{2066}c\\u{200b}d",
  );
  assertEquals(safe("\u2028x\ufeff\u{e0041}"), "\\u{2028}x\\u{feff}\\u{e0041}");
});

Deno.test("whatever a terminal draws nothing for is shown", () => {
  // These are soft hyphen, joiners, fillers, variation selectors, tags, ...
  const ranges = [
    ...[0xad, 0x34f, 0x61c, [0x115f, 0x1160], [0x17b4, 0x17b5]],
    ...[[0x180b, 0x180f], [0x200b, 0x200f], [0x202a, 0x202e]],
    ...[[0x2060, 0x206f], 0x3164, [0xfe00, 0xfe0f], 0xfeff, 0xffa0],
    ...[[0xfff0, 0xfffb], [0x1bca0, 0x1bca3], [0x1d173, 0x1d17a]],
    ...[[0xe0000, 0xe0fff]],
  ];
  for (const range of ranges) {
    const [from, to] = typeof range === "number" ? [range, range] : range;
    for (let code = from; code <= to; code++) {
      const character = String.fromCodePoint(code);
      const hex = code.toString(16);
      const escape = code < 0x100 ? `\\x${hex}` : `\\u{${hex}}`;
      assertEquals(safe(`a${character}b`), `a${escape}b`);
      const json = jsonText(`a${character}b`);
      assert(!json.includes(character), hex);
      assertEquals(JSON.parse(json), `a${character}b`);
      assertEquals(sanitize(character), escape);
    }
  }
  assertEquals(safe("\u2764\ufe0f"), "\u2764\\u{fe0f}");
});

Deno.test("what is no UTF-8 is replaced, and nothing passes by it", () => {
  assertEquals(
    safe(new Uint8Array([0x61, 0xff, 0x1b, 0xc3])),
    "a\ufffd\\x1b\ufffd",
  );
  assertEquals(safe(new Uint8Array([0xed, 0xa0, 0x80])), "\ufffd\ufffd\ufffd");
});

Deno.test("what is one line stays one", () => {
  assertEquals(safe("one\ntwo\r\n"), "one\\x0atwo\\x0d\\x0a");
});

Deno.test("a message of several lines cannot pass for several messages", () => {
  const lines = (text: string, prefix: string) => {
    const bytes = new TextEncoder().encode(text);
    into.take(into.length);
    into.appendText(prefix);
    const style = { safe: true, marked: true, color: null };
    appendLines(into, 0, bytes, 0, bytes.length, style);
    return new TextDecoder().decode(into.pending);
  };
  assertEquals(lines("one\ntwo\n", ""), "one\n  | two\n");
  assertEquals(
    lines("a\n\nb\x1b", "/x: "),
    "/x: a\n/x:   | \n/x:   | b\\x1b\n",
  );
  assertEquals(lines("", "/x: "), "/x: \n");
});

Deno.test("no single byte or pair reaches the terminal as a control", () => {
  // deno-lint-ignore no-control-regex
  const control = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/;
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) {
      const text = safe(new Uint8Array([a, b]));
      assert(!control.test(text), `${a} ${b}: ${JSON.stringify(text)}`);
    }
  }
});
