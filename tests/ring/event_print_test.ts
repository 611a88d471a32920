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
    if (text.includes("amdgpu_vm_grab_id")) continue;
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
      // The kernel's text names enumerators here that only its source explains.
      const theirs = name.startsWith("hrtimer_")
        ? text.replace(
          / mode=\S+/,
          (mode) => ` mode=0x${MODES.indexOf(mode.slice(6)).toString(16)}`,
        )
        : text;
      const ours = printed(format, payload);
      assert(
        agrees(ours, theirs),
        `${name}: "${ours}", the kernel "${theirs}"`,
      );
    }
  });
}

/** The names in `enum hrtimer_mode`. */
const MODES = [
  ...["ABS", "REL", "ABS|PINNED", "REL|PINNED"],
  ...["ABS|SOFT", "REL|SOFT", "ABS|PINNED|SOFT", "REL|PINNED|SOFT"],
  ...["ABS|HARD", "REL|HARD", "ABS|PINNED|HARD", "REL|PINNED|HARD"],
];

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

/**
 * All fields by name, which is what is printed if a `print fmt` is too
 * complicated.
 */
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
  // What follows is more than we parse.
  ['"%d", base + REC->a', BY_NAME],
  ['"%s", REC->a', BY_NAME],
  ['"%d", REC->name', BY_NAME],
  ['"%s", REC->path', BY_NAME],
  ['"%s", __get_str(name)', BY_NAME],
  ['"%d", REC->nothing', BY_NAME],
  ['"%d", REC->list', BY_NAME],
  ['"%d", REC->list[2]', BY_NAME],
  ['"%d"', BY_NAME],
  ['"%d", 1, 2', BY_NAME],
  ['"%n", REC->a', BY_NAME],
  ['"%pI4", REC->a', BY_NAME],
  ['"%*d", 5, REC->a', BY_NAME],
  ['"%999d", REC->a', BY_NAME],
  ['"%d", system(REC->a)', BY_NAME],
  ['"%s", __print_flags(REC->a, "123456789", { 1, "ONE" })', BY_NAME],
  ['"\\033[2J"', BY_NAME],
  ['"\u0007"', BY_NAME],
  ['"%d", REC->a +', BY_NAME],
  ['"open', BY_NAME],
  ["REC->a", BY_NAME],
];

for (const [print, text] of PRINTS) {
  Deno.test(`print fmt: ${print}`, () => assertEquals(shown(print), text));
}

Deno.test("a print fmt that is too deep or too long is not parsed", () => {
  const nested = (depth: number) =>
    `"%d", ${"(".repeat(depth)}1${")".repeat(depth)}`;
  assertEquals(shown(nested(20)), "1");
  assertEquals(shown(nested(5000)), BY_NAME);
  assertEquals(shown(`"%d", ${"-".repeat(5000)} 1`), BY_NAME);
  assertEquals(shown(`"%d", ${"1 ? 1 : ".repeat(2000)} 1`), BY_NAME);
  assertEquals(shown(`"%d", ${"1 + ".repeat(100)} 1`), "101");
  assertEquals(shown(`"%d", ${"1 + ".repeat(5000)} 1`), BY_NAME);
  // Such a text would make a bad pattern try for ever.
  assertEquals(shown(`"%d", (a${" ".repeat(60000)}`), BY_NAME);
  assertEquals(shown(`"%d", (a${" *".repeat(30000)}`), BY_NAME);
  assertEquals(shown(`"${"\\\\".repeat(30000)}`), BY_NAME);
  const many = (count: number) =>
    `"${"%d".repeat(count)}"${", 1".repeat(count)}`;
  assertEquals(shown(many(100)), "1".repeat(100));
  assertEquals(shown(many(200)), BY_NAME);
  const names = (count: number) =>
    `"%s", __print_flags(REC->a, ""${', { 1, "x" }'.repeat(count)})`;
  assertEquals(shown(names(100)), "x0x4");
  const symbols = (count: number) =>
    `"%s", __print_symbolic(REC->a${', { 5, "x" }'.repeat(count)})`;
  assertEquals(shown(symbols(512)), "x");
  assertEquals(shown(symbols(513)), BY_NAME);
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
  assertEquals(printed(format, payloadOf(bytes)), "0000000000000010: hi");
});
