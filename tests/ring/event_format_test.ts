// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertThrows } from "@std/assert";
import { RingCorruptError } from "../../ring/errors.ts";
import { parseEventFormat } from "../../ring/events/event_format.ts";
import {
  COMMON,
  field,
  FIXTURES,
  formatText,
  readFixture,
} from "../support/events.ts";

for (const series of FIXTURES) {
  Deno.test(`formats of a real kernel parse: ${series}`, () => {
    const kinds = new Set<string>();
    for (const text of readFixture(series).formats) {
      const name = /^name: (.*)$/m.exec(text)![1];
      const format = parseEventFormat(new TextEncoder().encode(text));
      assertEquals(format.name, name);
      assertEquals(format.system, /^system: (.*)$/m.exec(text)![1]);
      assertEquals(format.id, Number(/^ID: (.*)$/m.exec(text)![1]));
      const lines = text.match(/^\tfield:/gm)!.length;
      assertEquals(format.common.length + format.fields.length, lines);
      for (const { kind } of format.fields) kinds.add(kind);
    }
    assertEquals(
      [...kinds].toSorted(),
      ["array", "dynamicArray", "dynamicText", "integer", "opaque", "text"],
    );
  });
}

Deno.test("what a declaration says of a field", () => {
  const { fields, fixedBytes, dynamic } = parseEventFormat(formatText([
    field("char comm[16]", 8, 16),
    field("unsigned long long big", 24, 8),
    field("const char * filename", 32, 8),
    field("unsigned long args[6]", 40, 48),
    field("__data_loc char[] name", 88, 4, 1),
    field("__rel_loc u16[] ports", 92, 4),
    field("__data_loc cpumask_t[] mask", 96, 4),
    field("enum some_kind kind", 100, 4),
    field("struct sockaddr * address", 104, 8),
    field("guid_t guid", 112, 16),
    field("nid_t nid[3]", 128, 12),
    field("char count[SOME_NAME]", 140, 5),
    field("s8 tiny", 145, 1, 1),
    field("u32 buf[]", 148, 0),
  ]));
  const shown = fields.map((
    f,
  ) => [f.name, f.kind, f.elementBytes, f.elements, f.signed, f.pointer]);
  assertEquals(shown, [
    ["comm", "text", 1, 16, false, false],
    ["big", "integer", 8, 1, false, false],
    ["filename", "integer", 8, 1, false, true],
    ["args", "array", 8, 6, false, false],
    ["name", "dynamicText", 1, 0, true, false],
    ["ports", "dynamicArray", 2, 0, false, false],
    ["mask", "dynamicArray", 8, 0, false, false],
    ["kind", "integer", 4, 1, false, false],
    ["address", "integer", 8, 1, false, true],
    ["guid", "opaque", 1, 16, false, false],
    ["nid", "array", 4, 3, false, false],
    ["count", "text", 1, 5, false, false],
    ["tiny", "integer", 1, 1, true, false],
    ["buf", "array", 4, 0, false, false],
  ]);
  assertEquals(fixedBytes, 148);
  assertEquals(dynamic.map((f) => f.name), ["name", "ports", "mask"]);
  assertEquals(dynamic.map((f) => f.relative), [false, true, false]);
});

Deno.test("a declaration that is not understood costs its field only", () => {
  const { fields } = parseEventFormat(formatText([
    field("u32 1a", 8, 4),
    field(`u32 ${"a".repeat(80)}`, 12, 4),
    field("int", 16, 4),
    field("__data_loc char[] odd", 20, 2),
    field("u32 last", 24, 4),
  ]));
  assertEquals(fields.map(({ name, kind }) => [name, kind]), [
    ["a", "integer"],
    ["a".repeat(64), "integer"],
    ["field_16", "opaque"],
    ["odd", "integer"],
    ["last", "integer"],
  ]);
});

Deno.test("what kernels and compilers write into declarations", () => {
  const { fields, fixedBytes } = parseEventFormat(formatText([
    field('const char __attribute__((btf_type_tag("user"))) * name', 8, 8),
    field("__data_loc char[] comm", 16, 8, 1),
    field("u8 mac[((6) ? (6) : (0 | 1 & 2))]", 24, 6),
    field("nid_t nid[3]", 32, 12),
    field("void (*)(struct x *) function", 48, 8),
    field("u8 nothing[0]", 56, 0),
    field("__data_loc char[] twice", 56, 4),
    field("u32 twice", 60, 4),
    field("u32 twice_2", 64, 4),
  ]));
  const shown = fields.map(({ name, sourceName, kind, elements, pointer }) =>
    [name, sourceName, kind, elements, pointer] as const
  );
  assertEquals(shown, [
    ["name", "name", "integer", 1, true],
    ["comm", "comm", "dynamicText", 0, false],
    ["mac", "mac", "array", 6, false],
    ["nid", "nid", "array", 3, false],
    ["function", "function", "integer", 1, true],
    ["twice", "twice", "dynamicText", 0, false],
    ["twice_3", "twice", "integer", 1, false],
    ["twice_2", "twice_2", "integer", 1, false],
  ]);
  assertEquals(fixedBytes, 68);
});

Deno.test("a common field more, as real time kernels have one", () => {
  const common = COMMON +
    field("unsigned char common_preempt_lazy_count", 8, 1) + "\n";
  const format = parseEventFormat(
    formatText([field("u32 a", 12, 4)], { common }),
  );
  assertEquals(format.common.length, 5);
  assertEquals(format.fields.map(({ name }) => name), ["a"]);
});

const GOOD = formatText([field("u32 a", 8, 4)]);

/** Each refusal, and what is changed in `GOOD` for it. */
const REFUSALS: readonly [string, string | RegExp, string][] = [
  ["no system", "system: tests\n", ""],
  ["a system that is a path", "system: tests", "system: ../tests"],
  ["a system without end", "tests", "t".repeat(65)],
  ["a name with a quote", "made_up", 'made"up'],
  ["a name without end", "made_up", "n".repeat(65)],
  ["id 0", "ID: 300", "ID: 0"],
  ["an id of the protocol's", "ID: 300", "ID: 65280"],
  ["an id that is no number", "ID: 300", "ID: 3e2"],
  ["no format line", "format:\n", ""],
  ["another common field", "common_flags", "common_fl_gs"],
  [
    "a common field elsewhere",
    "common_pid;	offset:4;	size:4",
    "common_pid;	offset:8;	size:4",
  ],
  ["a common field of another size", "offset:4;	size:4", "offset:4;	size:2"],
  ["no empty line behind the common fields", "signed:1;\n\n", "signed:1;\n"],
  ["a field beyond all records", "offset:8;	size:4", "offset:65533;	size:4"],
  ["a field over another", "offset:8;	size:4", "offset:6;	size:4"],
  ["a negative offset", "offset:8", "offset:-8"],
  ["a declaration without end", "u32 a;", `${"u".repeat(1200)} a;`],
  ["a declaration with control characters", "u32 a;", "u32\x1b a;"],
  [
    "signed: 2",
    "u32 a;	offset:8;	size:4;	signed:0",
    "u32 a;	offset:8;	size:4;	signed:2",
  ],
  ["no print fmt", /print fmt.*\n/, ""],
];

for (const [what, find, replace] of REFUSALS) {
  Deno.test(`a format is refused for: ${what}`, () => {
    parseEventFormat(GOOD);
    const bent = GOOD.replace(find, replace);
    assert(bent !== GOOD);
    assertThrows(() => parseEventFormat(bent), RingCorruptError);
  });
}

Deno.test("a format is refused for: a byte order mark before it", () => {
  const bytes = new TextEncoder().encode(`\ufeff${GOOD}`);
  assertThrows(
    () => parseEventFormat(bytes),
    RingCorruptError,
    "format line 1",
  );
});

Deno.test("a format of too many fields, or too long, is refused", () => {
  const fields = (count: number) =>
    Array.from({ length: count }, (_, i) => field(`u8 f${i}`, 8 + i, 1));
  assertEquals(parseEventFormat(formatText(fields(128))).fields.length, 128);
  assertThrows(
    () => parseEventFormat(formatText(fields(129))),
    RingCorruptError,
  );
  const long = GOOD.replace('"x"', `"${"x".repeat(65536)}"`);
  assertThrows(() => parseEventFormat(long), RingCorruptError, "65536");
});
