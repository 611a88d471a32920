// SPDX-License-Identifier: MIT
import { assert, assertEquals } from "@std/assert";
import { contextFlags, taskOf } from "../../ring/events/event_context.ts";
import {
  type EventFormat,
  parseEventFormat,
} from "../../ring/events/event_format.ts";
import { fits } from "../../ring/events/event_values.ts";
import {
  entry,
  field,
  FIXTURES,
  formatText,
  payloadOf,
  printed,
  readFixture,
} from "../support/events.ts";

/** What only the kernel can print: hashes of addresses, and symbols. */
const ADDRESS = /^(\(|0x)?[0-9a-f]{16}$/;
const UNKNOWN = /^([0-9a-f]{16}|[\w.]+(\+0x[0-9a-f]+\/0x[0-9a-f]+)?)$/;

/**
 * Tells whether our text is the kernel's, except for what only the kernel
 * knows.
 */
function agrees(ours: string, theirs: string): boolean {
  const mine = ours.split(/[ =]/);
  const its = theirs.split(/[ =]/);
  return mine.length === its.length &&
    mine.every((word, i) =>
      word === its[i] ||
      (word === "?" || ADDRESS.test(word)) && UNKNOWN.test(its[i])
    );
}

function formatsOf(texts: readonly string[]): Map<number, EventFormat> {
  const formats = new Map<number, EventFormat>();
  for (const text of texts) {
    const format = parseEventFormat(text);
    if (format.print !== null || !formats.has(format.id)) {
      formats.set(format.id, format);
    }
  }
  return formats;
}

for (const series of FIXTURES) {
  Deno.test(`records print as the kernel prints them: ${series}`, () => {
    const { formats, records } = readFixture(series);
    const known = formatsOf(formats);
    assert(records.length > 80);
    for (const { id, name, text, context, task, data } of records) {
      const format = known.get(id)!;
      const payload = payloadOf(Uint8Array.fromHex(data));
      assertEquals(format.name, name);
      assert(fits(format, payload), name);
      assertEquals(contextFlags(payload), context);
      assertEquals(taskOf(payload), task);
      const ours = printed(format, payload);
      assert(
        agrees(ours, text),
        `${name}: "${ours}", the kernel "${text}"`,
      );
    }
  });
}

const FIELDS = [
  field("u32 a", 8, 4),
  field("s32 b", 12, 4, 1),
  field("u64 c", 16, 8),
  field("char name[8]", 24, 8),
  field("__data_loc char[] path", 32, 4),
  field("u16 list[2]", 36, 4),
];
/** a = 5, b = -2, c = 2^64 - 1, name = "bob", path = "/x", list = 7, 8. */
const RECORD = entry(Uint8Array.fromHex(
  "05000000" + "feffffff" + "ffffffffffffffff" + "626f620078787878" +
    "28000300" + "07000800" + "2f7800" + "00",
));

/** Returns what a `print fmt` prints of `RECORD`. */
function shown(print: string): string {
  const format = parseEventFormat(formatText(FIELDS, { print }));
  const payload = payloadOf(RECORD);
  assert(fits(format, payload));
  return printed(format, payload);
}

/** All fields by name, which is what is printed without a `print fmt`. */
const BY_NAME = "a=5 b=-2 c=18446744073709551615 name=bob path=/x list={7,8}";

const PRINTS: readonly [print: string, text: string][] = [
  ['"100%% sure"', "100% sure"],
  ['"%d %u %x", REC->b, REC->b, REC->b', "-2 4294967294 fffffffe"],
  [
    '"%lu %ld %llx", REC->c, REC->c, REC->c',
    "18446744073709551615 -1 ffffffffffffffff",
  ],
  ['"%hhu %hd", REC->b, REC->b', "254 -2"],
  ['"[%5d] [%-5d] [%05d]", REC->b, REC->b, REC->b', "[   -2] [-2   ] [-0002]"],
  ['"%#x %+d %.3d %X", REC->a, REC->a, REC->a, REC->b', "0x5 +5 005 FFFFFFFE"],
  ['"%p", REC->a', "0000000000000005"],
  ['"%c%c", 65, 7', "A?"],
  [
    '"[%s] [%5s] [%-5s] [%.2s]", REC->name, REC->name, REC->name, REC->name',
    "[bob] [  bob] [bob  ] [bo]",
  ],
  ['"%s", __get_str(path)', "/x"],
  ['"%u %u", REC->list[0], REC->list[1]', "7 8"],
  ['"%d", __get_dynamic_array_len(path)', "3"],
  ['"a" "b" "c"', "abc"],
  ['"%d", (u8)REC->b', "254"],
  ['"%d", (int)(REC->a + 2 * 3)', "11"],
  ['"%d", REC->a == 5 && REC->b < 0 ? 1 : 2', "1"],
  ['"%d", REC->c != -1UL', "0"],
  ['"%d", (REC->a >> 1) | ~0x0fU & 0xff', "242"],
  ['"%d %d", REC->a / 0, REC->a % 0', "0 0"],
  ['"%s", REC->a ? REC->name : "none"', "bob"],
  [
    '"%s", __print_flags(REC->a, "|", { 1, "ONE" }, { (1UL << 2), "FOUR" })',
    "ONE|FOUR",
  ],
  ['"%s", __print_flags(REC->a, "|", { 4, "FOUR" })', "FOUR|0x1"],
  ['"%s", __print_symbolic(REC->a, { 4, "FOUR" }, { 5, "FIVE" })', "FIVE"],
  ['"%s", __print_symbolic(REC->a, { 4, "FOUR" })', "0x5"],
  ['"%s", __print_symbolic(REC->a, { SOME_NAME, "FIVE" })', "0x5"],
  ['"%p", base + REC->a', "?"],
  ['"line\\nbreak"', "line break"],
  // C's constants.
  ["\"%d %d %x\", 010, '\\n', '\\377'", "8 10 ffffffff"],
  ['"%d", 0x7fffffff + 1 < 0', "1"],
  ['"%d", 0xffffffff > 0', "1"],
  ['"%d", -1 < 1U', "0"],
  ['"%lx", ~0U >> 1', "7fffffff"],
  ['"%lx", ~0UL >> 1', "7fffffffffffffff"],
  ['"%lx", 1 << 31', "ffffffff80000000"],
  ['"%lx", 1UL << 31', "80000000"],
  // C's types: a is unsigned, b signed.
  ['"%d", REC->b < REC->a', "0"],
  ['"%d", (s64)REC->b < REC->a', "1"],
  ['"%u", REC->a * 0x80000000 / 5', "429496729"],
  ['"%d", (u8)REC->b + (u8)REC->b', "508"],
  ['"%d", -REC->a / 2 == 0x7ffffffd', "1"],
  ['"%d", REC->c >> 63 == 1 && (s64)REC->c >> 63 == -1', "1"],
  ['"%d", REC->b % 2 ?: 7', "7"],
  ['"%d %d", sizeof(u64), sizeof(REC->name)', "8 8"],
  ['"%d", sizeof(struct { int:(-!!(1 > 2)); })', "0"],
  ['"%d", (REC)->b', "-2"],
  ['"%d", (typeof(REC->b))5', "5"],
  ['"%d", ({ int x = REC->b; int y = 3; x < y ? x : y; })', "-2"],
  ['"%d", __builtin_choose_expr(1, REC->b, 9)', "-2"],
  ['"%x", __builtin_bswap32(REC->a)', "5000000"],
  // Numbers as the kernel's printf shows them, which is not C's.
  ['"%#x %#o %#o", 0, 0, 8', "0x0 0 010"],
  ['"%08.4x|%-08x|%.0d", 255, 255, 0', "000000ff|ff      |0"],
  ['"%*d|%-*d|%.*s", 5, REC->a, 3, 7, 2, REC->name', "    5|7  |bo"],
  ['"%*d", REC->b, 7', "7 "],
  // What is in the record.
  ['"%d", ((u8 *)REC->name)[1]', "111"],
  ['"%d", *(u16 *)&REC->list[1]', "8"],
  ['"%d", *((u16 *)REC->list + 1)', "8"],
  ['"%s", (char *)__get_dynamic_array(path)', "/x"],
  ['"%s", REC->path ? "there" : "no"', "{path=/x}"],
  ['"%s", __get_dynamic_array(path) ? "there" : "no"', "there"],
  [
    '"%d %d", REC->__data_loc_path & 0xffff, REC->__data_loc_path >> 16',
    "40 3",
  ],
  ['"%s", __print_hex(REC->name, 3)', "62 6f 62"],
  ['"%s", __print_hex_str(REC->name, sizeof(u16))', "626f"],
  ['"%s", __print_hex(REC->name, -1)', ""],
  ['"%s", __print_array(REC->list, 2, 2)', "{0x7,0x8}"],
  ['"%s", __print_array(REC->list, 99999, 2)', "{0x7,0x8,0x782f,0x0}"],
  ['"%s", __print_array(REC->list, 1, 3)', "{0x7}"],
  [
    '"%s", __print_hex_dump("p ", DUMP_PREFIX_OFFSET, 16, 4, REC->name, 8, 1)',
    ` p 00000000: 00626f62 78787878${" ".repeat(20)}bob.xxxx`,
  ],
  ['"%s", __get_bitmask(path)', "00782f"],
  [
    '"%*ph|%*phC|%2phN", 3, REC->name, 3, REC->name, REC->name',
    "62 6f 62|62:6f:62|626f",
  ],
  ['"%*pbl|%*pb", 16, REC->list, 12, REC->list', "0-2|007"],
  [
    '"%pM %pm %pMR %pMF", REC->name, REC->name, REC->name, REC->name',
    "62:6f:62:00:78:78 626f62007878 78:78:00:62:6f:62 62-6f-62-00-78-78",
  ],
  [
    '"%pI4 %pi4 %pI4h", REC->name, REC->name, REC->name',
    "98.111.98.0 098.111.098.000 0.98.111.98",
  ],
  ['"%pad %pa", &REC->c, &REC->c', "0xffffffffffffffff 0xffffffffffffffff"],
  ['"%pISpc", REC->name', "(einval)"],
  [
    '"%lu.%09u", __print_ns_to_secs(REC->a * 1000000000ULL + 7), __print_ns_without_secs(7)',
    "5.000000007",
  ],
  // Tables.
  ['"%s", __print_symbolic(REC->a, { -1, ((void *)0) }, { 5, "FIVE" })', "0x5"],
  ['"%s", __print_symbolic(REC->b, { -2, "minus" " two" })', "minus two"],
  ['"%s", __print_symbolic(REC->a, { 5, "" })', "0x5"],
  ['"%s", __print_symbolic(REC->a, { })', "0x5"],
  [
    '"%s", __print_flags(REC->a, "|", { 00000001, "ONE" }, { 010, "EIGHT" })',
    "ONE|0x4",
  ],
  ['"%s", __print_flags(REC->a, NULL, { 1, "ONE" }, { 4, "FOUR" })', "ONEFOUR"],
  [
    '"%s", __print_flags_u64(REC->c, ",", { 1ULL << 63, "TOP" })',
    "TOP,0x7fffffffffffffff",
  ],
  ['"%s", NULL', "(null)"],
  ['"%s", REC->a ? NULL : "text"', "(null)"],
  ['"%pS %ps", (void *)REC->c, (void *)5', "0xffffffffffffffff 0x5"],
  // What only the kernel knows costs no more than its argument.
  ['"%d %d", base + REC->a, REC->b', "{a=5} -2"],
  ['"%d %d", base, REC->b', "? -2"],
  ['"%d %d", hidden(base, REC->a, "text"), REC->b', "hidden(5, text) -2"],
  ['"%s", REC->a ? hidden[REC->b] : "none"', "{b=-2}"],
  ['"%s", REC->a == 4 ? hidden[REC->b] : "none"', "none"],
  ['"%s", REC->a', "0x5"],
  ['"%d", REC->name', "{name=bob}"],
  ['"%s", REC->path', "{path=/x}"],
  ['"%s|%d", __get_str(name), REC->a', "{name=bob}|5"],
  ['"%d", REC->nothing', "?"],
  ['"%d", REC->list', "{list={7,8}}"],
  ['"%d"', "?"],
  ['"%d", 1, 2', "1"],
  ['"%n %d", REC->a', "%n 5"],
  ['"%pI4", REC->a', "0000000000000005"],
  ['"%*d", 5, REC->a', "    5"],
  ['"%999d", 5', `${" ".repeat(254)}5`],
  ['"\\033[2J"', "\\x1b[2J"],
  ['"\u0007"', "\\x07"],
  ['"a\n\tb"', "a \tb"],
  [
    '"%*d|%.*d", 100000, 7, 100000, 7',
    `${" ".repeat(254)}7|${"7".padStart(255, "0")}`,
  ],
  ['"%d", REC->a +', "{a=5}"],
  // What is not in the record is not read.
  ['"%d %d", ((u8 *)REC->list)[-100], ((u32 *)REC->list)[99999]', "0 0"],
  ['"%d", *(u64 *)__get_dynamic_array(path)', "0"],
  ['"%s", __print_hex(REC->list, 99999)', "07 00 08 00 2f 78 00 00"],
  [
    '"%pM %pU %pI4", REC->path, REC->list, __get_str(path)',
    "{path=/x} ? 47.120.0.0",
  ],
  [
    '"%*ph|%*pbl", 64, __get_str(path), 64, __get_str(path)',
    "2f 78 00 00|0-3,5,11-14",
  ],
  ['"%s", (char *)REC->list + 1000', ""],
  [
    `"%s", __print_hex_dump("${"p".repeat(40)}", 0, 16, 1, REC->name, 8, 0)`,
    "{name=bob}",
  ],
  ['"%s", __print_hex(REC->c, 8)', "{c=18446744073709551615}"],
  ['"%d", REC->a->b', "{a=5}"],
  // Without a text there is no format.
  ['"open', BY_NAME],
  ["REC->a", BY_NAME],
  ["", BY_NAME],
];

for (const [print, text] of PRINTS) {
  Deno.test(`print fmt: ${print}`, () => assertEquals(shown(print), text));
}

Deno.test("an argument that is too deep is not parsed", () => {
  const nested = (depth: number) =>
    `"%d %d", ${"(".repeat(depth)}1${")".repeat(depth)}, REC->a`;
  assertEquals(shown(nested(90)), "1 5");
  assertEquals(shown(nested(5000)), "? 5");
  assertEquals(shown(`"%d", ${"-".repeat(5000)} 1`), "?");
  assertEquals(shown(`"%d", ${"1 ? 1 : ".repeat(90)} 1`), "1");
  assertEquals(shown(`"%d", ${"1 ? 1 : ".repeat(2000)} 1`), "?");
  assertEquals(shown(`"%d", ${"1 + ".repeat(5000)} 1`), "5001");
  // Such a text would make a bad pattern try for ever.
  assertEquals(shown(`"%d", (a${" ".repeat(60000)}`), "?");
  assertEquals(shown(`"%d", (a${" *".repeat(30000)}`), "?");
  assertEquals(shown(`"${"\\\\".repeat(30000)}`), BY_NAME);
  // Each level is skipped once more than the one in it, until that is too much.
  const calls = (depth: number) =>
    `"%d %d", ${"h(".repeat(depth)}a b${")".repeat(depth)}, REC->a`;
  assertEquals(shown(calls(3)), "h(h(h())) 5");
  const open = (depth: number) => `"%d", ${"h(REC->a, ".repeat(depth)} a b`;
  assertEquals(shown(open(3)), "{a=5}");
  assertEquals(shown(open(150)), "?");
});

Deno.test("few words cannot stand for any number of computations", () => {
  const doubling = (count: number) =>
    `"%d %d", ({ int x0 = REC->a; ${
      Array.from({ length: count }, (_, i) => `int x${i + 1} = x${i} + x${i};`)
        .join(" ")
    } x${count}; }), REC->a`;
  assertEquals(shown(doubling(8)), `${5 * 256} 5`);
  assertEquals(shown(doubling(100)), "{a=5} 5");
  // What may be a cast is parsed again if it is none, but not what is in it.
  const nested = (depth: number) =>
    `"%d %d", ${"(typeof(".repeat(depth)}1${") x y)".repeat(depth)}, REC->a`;
  assertEquals(shown(nested(18)), "? 5");
  const { print } = parseEventFormat(
    formatText(FIELDS, { print: nested(18) }),
  );
  assertEquals(print!.unknown, ["typeof where no type can be"]);
});

Deno.test("a print fmt that costs too much is not used", () => {
  assertEquals(shown(`"%d", ${"REC->a + ".repeat(500)} 1`), "2501");
  assertEquals(shown(`"%d", ${"REC->a + ".repeat(600)} 1`), BY_NAME);
  assertEquals(shown(`"%d", ${"REC->a + ".repeat(7000)} 1`), BY_NAME);
  const many = (count: number) =>
    `"${"%d".repeat(count)}"${", 1".repeat(count)}`;
  assertEquals(shown(many(128)), "1".repeat(128));
  assertEquals(shown(many(130)), "1".repeat(128) + "??");
  const names = (count: number) =>
    `"%s", __print_flags(REC->a, ""${', { 1, "x" }'.repeat(count)})`;
  assertEquals(shown(names(100)), "x0x4");
  const symbols = (count: number) =>
    `"%s", __print_symbolic(REC->a${', { 5, "x" }'.repeat(count)})`;
  assertEquals(shown(symbols(2048)), "x");
  assertEquals(shown(symbols(2049)), "{a=5}");
});

Deno.test("of many names for one value the first counts, as of few", () => {
  for (const count of [1, 100]) {
    const names = Array.from(
      { length: count },
      (_, i) => `, { ${i + 5}, "n${i}" }`,
    );
    const print = `"%s", __print_symbolic(REC->a${
      names.join("")
    }, { 5, "later" })`;
    assertEquals(shown(print), "n0");
    assertEquals(shown(print.replace("REC->a", "1")), "0x1");
  }
});

Deno.test("constants add 4 KiB to the text of a record at most, or it is by name", () => {
  const prints: [what: string, print: (bytes: number) => string][] = [
    ["a literal", (bytes) => `"${"z".repeat(bytes)}"`],
    ["an argument", (bytes) => `"%s", "${"z".repeat(bytes)}"`],
    [
      "a name",
      (bytes) =>
        `"%s", __print_symbolic(REC->a, { 5, "${"z".repeat(bytes)}" })`,
    ],
    [
      "a name among flags",
      (bytes) =>
        `"%s", __print_flags(REC->a, "|", { 5, "${"z".repeat(bytes - 1)}" })`,
    ],
    [
      "one of two",
      (bytes) => `"%s", REC->a ? "${"z".repeat(bytes)}" : "short"`,
    ],
    [
      "widths and all that",
      (bytes) =>
        `"${"z".repeat(bytes - 4 * 255)}${"%255d".repeat(4)}"${
          ", REC->a".repeat(4)
        }`,
    ],
  ];
  for (const [what, print] of prints) {
    assert(shown(print(4096)).length >= 4095, what);
    assertEquals(shown(print(4097)), BY_NAME, what);
  }
  // A flag that prints nothing is looked at as well.
  const flags = (count: number) =>
    `"%s", __print_flags(REC->a, ""${', { 4, "" }'.repeat(count)})`;
  assertEquals(shown(flags(512)), "0x1");
  assertEquals(
    shown(`"%s%s", ${[flags(300), flags(300)].map((f) => f.slice(6))}`),
    BY_NAME,
  );
});

Deno.test("of one record 8 KiB are printed at most, with a mark where it is cut", () => {
  const CUT = "[LINE TOO BIG]";
  const copies = 100;
  const print = `"${"%s".repeat(copies)}"${", REC->buf".repeat(copies)}`;
  const fields = [field("char buf[]", 8, 0)];
  const format = parseEventFormat(formatText(fields, { print }));
  const payload = payloadOf(entry(new Uint8Array(60000).fill(0x61)));
  assertEquals(printed(format, payload), "a".repeat(8192) + CUT);
  const whole = payloadOf(entry(new Uint8Array(8192).fill(0x61)));
  const once = parseEventFormat(
    formatText(fields, { print: '"%s", REC->buf' }),
  );
  assertEquals(printed(once, whole), "a".repeat(8192));
  const behind = parseEventFormat(
    formatText(fields, { print: '"%s%s!", REC->buf, ""' }),
  );
  assertEquals(printed(behind, whole), "a".repeat(8192) + CUT);
  const numbers = parseEventFormat(
    formatText([field("u8 buf[]", 8, 0)], { print: "beyond us" }),
  );
  const listed = printed(numbers, payload);
  assertEquals([listed.length, listed.endsWith(CUT)], [
    8192 + CUT.length,
    true,
  ]);
  const bytes = parseEventFormat(
    formatText([field("guid_t all", 8, 60000)], { print: "beyond us" }),
  );
  const dumped = printed(bytes, payload);
  assertEquals([dumped.length, dumped.endsWith(CUT)], [
    8192 + CUT.length,
    true,
  ]);
});

Deno.test("numbers do not grow without bound", () => {
  const squares = Array.from({ length: 12 }, () => "").reduce(
    (text) => `(${text} * REC->c)`,
    "REC->c",
  );
  assertEquals(shown(`"%llx", ${squares}`).length <= 16, true);
  assertEquals(shown('"%llx", REC->c << REC->c'), "8000000000000000");
});

Deno.test("every combination of context flags is five characters", () => {
  for (let flags = 0; flags < 256; flags++) {
    const payload = payloadOf(entry(new Uint8Array(), { flags, depth: 0x21 }));
    assert(/^[.dDb][.lnbpLNB][.hsHzZ]12$/.test(contextFlags(payload)));
  }
});

Deno.test("dynamic fields relative to themselves", () => {
  const format = parseEventFormat(formatText([
    field("__rel_loc char[] path", 8, 4),
    field("u32 a", 12, 4),
  ], { print: '"%s", __get_rel_str(path)' }));
  const payload = payloadOf(
    entry(Uint8Array.fromHex("04000300" + "09000000" + "2f7900")),
  );
  assert(fits(format, payload));
  assertEquals(printed(format, payload), "/y");
});

Deno.test("text that takes the rest of the record, its newline aside", () => {
  const fields = [field("unsigned long ip", 8, 8), field("char buf[]", 16, 0)];
  const print = '"%ps: %s", (void *)REC->ip, REC->buf';
  const format = parseEventFormat(formatText(fields, { print }));
  const bytes = entry(Uint8Array.fromHex("1000000000000000" + "68690a00"));
  assertEquals(printed(format, payloadOf(bytes)), "0x10: hi");
});
