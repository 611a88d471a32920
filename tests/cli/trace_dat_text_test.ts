// SPDX-License-Identifier: MIT
/** Tests what is in a trace.dat, without the tool that reads it. */
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { CommandsSeen } from "../../cli/traces/task_names.ts";
import { ctfEventText } from "../../cli/traces/ctf_event.ts";
import { formatText as textOf } from "../../cli/traces/event_format_source.ts";
import { makePlain } from "../../cli/traces/safe_record_text.ts";
import { toolPrintText } from "../../cli/traces/print_fmt_source.ts";
import { TraceDatEvents } from "../../cli/traces/trace_dat_events.ts";
import {
  EVENT_BYTES_MAX,
  PAGE_BYTES,
  PageWriter,
} from "../../cli/traces/trace_dat_pages.ts";
import { RecordWriter } from "../../cli/traces/trace_dat_records.ts";
import {
  type EventFormat,
  parseEventFormat,
} from "../../ring/events/event_format.ts";
import { fits } from "../../ring/events/event_values.ts";
import type { PacketClass } from "../../ring/ctf/packet_classes.ts";
import { ABI } from "../../ring/layout.ts";
import { taskPayload } from "../../ring/writer/writer_payloads.ts";
import {
  entry,
  field,
  FIXTURES,
  formatText,
  readFixture,
} from "../support/events.ts";
import { recordOf } from "../support/records.ts";
import { SCHED_TEXT } from "../support/sample_events.ts";

/** Returns those formats of a fixture that can be parsed. */
function formatsOf(series: string): EventFormat[] {
  return readFixture(series).formats.flatMap((text) => {
    try {
      return [parseEventFormat(text)];
    } catch {
      return [];
    }
  });
}

for (const series of FIXTURES) {
  Deno.test(`format text: parsed again it is the same, Linux ${series}`, () => {
    const formats = formatsOf(series);
    assert(formats.length > 50);
    for (const format of formats) {
      const { id, system, printSource } = format;
      const text = textOf(format, id, printSource, false);
      const again = parseEventFormat(`system: ${system}\n${text}`);
      assertEquals(again, format, format.name);
    }
  });
}

function printOf(print: string): string {
  const lines = [field("u32 a", 8, 4), field("u32 b", 12, 4)];
  return toolPrintText(parseEventFormat(formatText(lines, { print })));
}

Deno.test("print text: divisions that may be by zero are not handed on", () => {
  const both = '"{a=%u b=%u}", REC->a, REC->b';
  for (
    const [print, text] of [
      ['"%u", REC->a / REC->b', both],
      ['"%u", REC->a % (REC->b - 1)', both],
      ['"%u", (REC->a ? 1 / REC->b : 2)', both],
      [
        '"%s %u", __print_symbolic(-(REC->a / REC->b), { 1, "x" }), REC->b',
        '"{a=%u b=%u} %u", REC->a, REC->b, REC->b',
      ],
    ]
  ) assertEquals(printOf(print), text, print);
  assertEquals(printOf('"%u", REC->a / 8'), '"%u", (REC->a / 8)');
});

Deno.test("print text: what tools would get wrong", () => {
  assertEquals(printOf('"%u", 7 & (1 | 2)'), '"%u", 3');
  assertEquals(
    printOf('"%u", REC->a & (REC->b | 2)'),
    '"%u", ((REC->b | 2) & REC->a)',
  );
  assertEquals(printOf('"\\"%c\\" 5%%", REC->a'), `"'%d' 5%%", REC->a`);
  assertEquals(printOf('"a\tb"'), '"a\\tb"');
});

Deno.test("print text: tools read no more than there is", () => {
  const lines = [
    field("u8 four[4]", 8, 4),
    field("u32 a", 12, 4),
    field("__data_loc u16[] list", 16, 4),
    field("__data_loc char[] text", 20, 4),
    field("char name[8]", 24, 8),
  ];
  const prints: readonly [print: string, text: string][] = [
    ['"%s", __print_hex(REC->four, REC->a)', '"%s", __print_hex(REC->four, 4)'],
    ['"%s", __print_hex(REC->four, 99)', '"%s", __print_hex(REC->four, 4)'],
    ['"%s", __print_hex(REC->four, 2)', '"%s", __print_hex(REC->four, 2)'],
    [
      '"%s", __print_array(__get_dynamic_array(list), REC->a, 2)',
      '"%s", __print_array(__get_dynamic_array(list), ' +
      "__get_dynamic_array_len(list) / 2, 2)",
    ],
    // Tools end if they find __get_str here.
    [
      '"%s", __print_hex(__get_dynamic_array(text), REC->a)',
      '"%s", __print_hex(__get_dynamic_array(text), ' +
      "__get_dynamic_array_len(text))",
    ],
    ['"%*d|%-*d|%.*x", 5, REC->a, 3, 7, 4, 8', '"%5d|%-3d|%.4x", REC->a, 7, 8'],
    ['"%*d", REC->a, 7', '"{}"'],
    ['"%*d", 7, REC->four[0] / 2', '"%7d", (REC->four[0] / 2)'],
    ['"%*d %u", REC->a, REC->a, REC->a', '"{a=%u} %u", REC->a, REC->a'],
    [
      '"%s", __get_str(list)',
      '"{list=%s}", __print_array(__get_dynamic_array(list), __get_dynamic_array_len(list) / 2, 2)',
    ],
    [
      '"%.*s|%.*s", REC->a, REC->name, 3, REC->name',
      '"%s|%.3s", REC->name, REC->name',
    ],
    ['"%pI4", REC->four', '"%pI4", REC->four'],
    ['"%pM", REC->four', '"{four=%s}", __print_array(REC->four, 4, 1)'],
  ];
  for (const [print, text] of prints) {
    const format = parseEventFormat(formatText(lines, { print }));
    assertEquals(toolPrintText(format), text);
  }
});

Deno.test("print text: bytes in a text field are bytes to tools", () => {
  const format = parseEventFormat(formatText([
    field("char addr[6]", 8, 6),
    field("char name[6]", 14, 6),
    field("__data_loc char[] buf", 20, 4),
  ], {
    print: '"%pM %s %s %pM", REC->addr, REC->name, ' +
      "__print_hex(__get_dynamic_array(buf), 3), REC->name",
  }));
  const text = textOf(format, 1, toolPrintText(format), true);
  assertStringIncludes(text, "field:uint8_t addr[6];");
  assertStringIncludes(text, "field:char name[6];");
  assertStringIncludes(text, "field:__data_loc uint8_t[] buf;");
  assertStringIncludes(text, "__print_hex(__get_dynamic_array(buf), ");
  assertStringIncludes(textOf(format, 1, "", false), "field:char addr[6];");
});

Deno.test("names in CTF end where they have to, and are not too many", () => {
  const text = (table: string) =>
    ctfEventText(
      placeless(parseEventFormat(formatText([field("u32 a", 8, 4)], {
        print: `"%s", __print_symbolic(REC->a${table})`,
      }))),
      0,
    );
  const own = text(', { 1, "a\\" = 0 }; b\\\\" }, { 2, "b" }');
  assertStringIncludes(own, `{ "a' = 0 }; b/" = 1, "b" = 2 } _a;`);
  const many = (count: number) =>
    text(Array.from({ length: count }, (_, i) => `, { ${i}, "n" }`).join(""));
  assertStringIncludes(many(512), '"n" = 511 }');
  assert(!many(513).includes("enum"));
});

Deno.test("plain bytes: nothing that commands a terminal", () => {
  for (
    const [text, plain] of [
      ["as it is \u00e9\u20ac", "as it is \u00e9\u20ac"],
      ["\u001b[1m\t\n", "?[1m?\0"],
      ["one\ntwo", "one?two"],
      ["c1 \u009b1m", "c1 ??1m"],
      ["bidi \u202e", "bidi ???"],
    ]
  ) {
    const bytes = new TextEncoder().encode(`#${text}`);
    makePlain(bytes, 1, bytes.length - 1);
    assertEquals(new TextDecoder().decode(bytes), `#${plain}`);
  }
  const broken = new Uint8Array([0x41, 0xff, 0x42, 0, 0xff]);
  makePlain(broken, 0, broken.length);
  assertEquals(broken, new Uint8Array([0x41, 0x3f, 0x42, 0, 0xff]));
});

const placeless = (format: EventFormat, id = format.id): PacketClass => ({
  id,
  format,
  ...{ placed: false, tail: false },
});

Deno.test("commands: one line for each task, of plain characters", () => {
  const lines = [field("char comm[16]", 8, 16), field("pid_t pid", 24, 4, 1)];
  const known = placeless(parseEventFormat(formatText(lines)));
  const commands = new CommandsSeen([known]);
  const see = (pid: number, comm: string) => {
    const rest = new Uint8Array(20);
    new TextEncoder().encodeInto(comm, rest);
    new DataView(rest.buffer).setInt32(16, pid, true);
    commands.record(recordOf(entry(rest)), known);
  };
  see(7, "\n8 false\u001b");
  see(5, "five");
  see(0, "idle");
  assertEquals(commands.text(), "5 five\n7 ?8 false?\n");
  for (const [pid, comm] of [[5, "\nfive"], [6, "six"]] as const) {
    const record = recordOf(taskPayload(pid, comm), { id: ABI.ID_TASK });
    commands.record(record, null);
  }
  assertEquals(commands.text(), "5 ?five\n6 six\n7 ?8 false?\n");
  for (let pid = 10; pid < 70_000; pid++) see(pid, "many");
  assertEquals(commands.text().split("\n").length, 65536 + 1);
});

Deno.test("events: tools know only what is as they know it", () => {
  const make = (name: string, lines: string[], id: number) =>
    placeless(parseEventFormat(
      formatText(lines, { id, name }).replace(
        "system: tests",
        "system: ftrace",
      ),
    ));
  const ip = field("unsigned long ip", 8, 8);
  const classes = [
    make("function", [ip, field("unsigned long parent_ip", 16, 8)], 1),
    make("print", [ip, field("char buf[]", 16, 0)], 5),
    make("bprint", [ip], 6),
    make("function", [ip], 7),
  ];
  const events = new TraceDatEvents(classes);
  assertEquals(
    events.texts.map(({ system, text }) => [system, text.split("\n")[1]]),
    [
      ["ftrace", "ID: 1"],
      ["ftrace_other", "ID: 6"],
      ["ftrace_other", "ID: 7"],
      // The guest's print event serves as ours.
      ["ftrace", "ID: 5"],
    ],
  );
  assertEquals(events.printId, 5);
  assertEquals(events.idOf(classes[1]), 5);
  const taken = new TraceDatEvents([make("print", [ip], 5)]);
  assertEquals(taken.printId, 0xff00);
});

Deno.test("events: texts over what says where others are", () => {
  const lines = [
    field("__data_loc char[] one", 8, 4, 1),
    field("__data_loc char[] two", 12, 4, 1),
  ];
  const format = parseEventFormat(formatText(lines));
  const known = placeless(format);
  const events = new TraceDatEvents([known]);
  const unshown = { opaque: 0, tooLong: 0, broken: 0 };
  const written: Uint8Array[] = [];
  const pages = new PageWriter((page) => written.push(page.slice()));
  const writer = new RecordWriter(events, pages, unshown);
  const write = (one: number, two: number) => {
    const rest = new Uint8Array(16).fill(0x1b);
    const view = new DataView(rest.buffer);
    view.setUint32(0, one, true);
    view.setUint32(4, two, true);
    const record = recordOf(entry(rest));
    assert(fits(format, record));
    writer.record(record, known);
  };
  write(4 << 16 | 16, 4 << 16 | 20);
  write(8 << 16 | 8, 0);
  write(8 << 16 | 0, 0);
  writer.end();
  assertEquals(unshown, { opaque: 2, tooLong: 0, broken: 0 });
  const text = "???\0???\0";
  const page = new TextDecoder("latin1").decode(written[0]);
  assert(page.includes(text));
  assert(!page.includes("\x1b"));
});

Deno.test("messages: a byte order mark is a part of the text", () => {
  const written: Uint8Array[] = [];
  const pages = new PageWriter((page) => written.push(page.slice()));
  const unshown = { opaque: 0, tooLong: 0, broken: 0 };
  const writer = new RecordWriter(new TraceDatEvents([]), pages, unshown);
  writer.record(recordOf("\ufeffhello"), null);
  writer.end();
  const shown = written.map((page) => new TextDecoder().decode(page)).join("");
  assertStringIncludes(shown, "\\ufeffhello");
});

Deno.test("pages: bounds, and loss stored behind the last event", () => {
  const written: Uint8Array[] = [];
  const pages = new PageWriter((page) => written.push(page.slice()));
  assertThrows(
    () => pages.add(1n, new Uint8Array(EVENT_BYTES_MAX)),
    RangeError,
  );
  pages.missed(3);
  pages.add(5n, new Uint8Array(EVENT_BYTES_MAX - 1).fill(1));
  pages.add(5n + 2n ** 54n, new Uint8Array([2]));
  pages.missed(9);
  pages.add(6n + 2n ** 54n, new Uint8Array([3]));
  pages.flush();
  assertEquals(pages.pages, 3);
  const views = written.map((page) => new DataView(page.buffer));
  const MISSED = 0xc0000000n;
  assertEquals(views.map((view) => view.getBigUint64(0, true)), [
    5n,
    5n + 2n ** 54n,
    6n + 2n ** 54n,
  ]);
  assertEquals(views.map((view) => view.getBigUint64(8, true) & MISSED), [
    MISSED,
    0n,
    MISSED,
  ]);
  const stored = (view: DataView) =>
    view.getBigUint64(16 + (view.getUint32(8, true) & 0xfffffff), true);
  assertEquals([stored(views[0]), stored(views[2])], [3n, 9n]);
  assertEquals(written[0].length, PAGE_BYTES);
});

Deno.test("CTF: every name stands for itself, whatever the guest's are", () => {
  const names = ["x", "_x", "__x", "_data", "__data", "struct", "_hole", "n"];
  const lines = names.map((name, i) => field(`u8 ${name}`, 10 + i * 2, 1));
  lines.push(
    field("__data_loc char[] text", 28, 4),
    field("u8 _text_length", 40, 1),
  );
  const format = parseEventFormat(formatText(lines));
  const text = ctfEventText(
    { id: 300, format, placed: true, tail: true },
    0,
  );
  const declared = [...text.matchAll(/\} (\w+)(?:\[\w.*\])?;/g)]
    .map(([, name]) => name).filter((name) => name !== undefined);
  // Most tools show one underscore less; Babeltrace also compares names with
  // it.
  const shown = declared.map((name) => name.slice(1));
  assertEquals(declared.length, new Set([...shown, ...declared]).size / 2);
  for (const name of declared) assert(!shown.includes(name), name);
  assert(declared.every((name) => name.startsWith("_")));
  assert(shown.includes("x") && shown.includes("struct"));
  assert(parseEventFormat(SCHED_TEXT).name === "sched_switch");
});
