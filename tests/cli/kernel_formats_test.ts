// SPDX-License-Identifier: MIT
/** Tests how the kernel's log and events are printed. */
import { assertEquals } from "@std/assert";
import { JSON_FORMAT } from "../../cli/formats/json.ts";
import { TEXT_FORMAT } from "../../cli/formats/text.ts";
import { parseEventFormat } from "../../ring/events/event_format.ts";
import { ABI } from "../../ring/layout.ts";
import { TaskNames } from "../../ring/events/task_names.ts";
import {
  clockPayload,
  taskPayload,
} from "../../ring/writer/writer_payloads.ts";
import { entry, field, formatText } from "../support/events.ts";
import {
  ODD_ID,
  ODD_TEXT,
  oddPayload,
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import {
  INFO,
  klogOf,
  lookupOf,
  PLAIN,
  printed,
  recordOf,
  UTC_NS,
} from "../support/records.ts";

const EVENTS = lookupOf(
  parseEventFormat(SCHED_TEXT),
  parseEventFormat(ODD_TEXT),
);
const HEAD = "           <...>-42      [000] ..... ";

/** Returns the members of one record in JSON, without those of every record. */
function members(
  ...[records, options]: [
    Parameters<typeof printed>[1],
    Parameters<typeof printed>[2]?,
  ]
): unknown {
  const line = printed(JSON_FORMAT, records, { events: EVENTS, ...options });
  const { timestamp: _t, host: _h, object: _o, cpu: _c, ring: _r, ...rest } =
    JSON.parse(line);
  const { seq: _s, clock: _k, ...own } = rest;
  return own;
}

Deno.test("klog: as the kernel's console prints it", () => {
  const records = [
    klogOf({ timeUs: 0n, text: "Linux version" }),
    klogOf({ timeUs: 12_345_678n, text: "two\nlines" }),
    klogOf({ timeUs: 123_456_000_001n, text: "late\n" }),
    klogOf({ text: "unstamped" }),
    klogOf({ timeUs: 1n, text: "" }),
  ];
  assertEquals(
    printed(TEXT_FORMAT, records),
    "[    0.000000] Linux version\n" +
      "[   12.345678] two\n[   12.345678] lines\n" +
      "[123456.000001] late\nunstamped\n[    0.000001] \n",
  );
});

Deno.test("klog: made safe, no line passes for another record", () => {
  const records = [
    klogOf({ timeUs: 1_000_000n, text: "a\x1b[2J\n[    2.000000] b" }),
    klogOf({ text: "a\nb" }),
  ];
  assertEquals(
    printed(TEXT_FORMAT, records, { safe: true }),
    "[    1.000000] a\\x1b[2J\n[    1.000000] [    2.000000] b\n" +
      "a\n  | b\n",
  );
});

Deno.test("klog: fields in JSON", () => {
  const record = klogOf({
    seq: 9n,
    timeUs: 5n,
    skipped: 2,
    priority: 3 * 8 + 3,
    text: 'a "b"',
  });
  assertEquals(members([record]), {
    event: "klog",
    severity: "err",
    severity_number: 17,
    message: 'a "b"',
    fields: {
      seq: 9,
      level: 3,
      facility: "daemon",
      time_us: 5,
      skipped: 2,
    },
  });
});

Deno.test("klog: each level has its name and OpenTelemetry's number", () => {
  const lines = Array.from(
    { length: 8 },
    (_, level) =>
      members([klogOf({ priority: level })]) as Record<string, unknown>,
  );
  assertEquals(
    lines.map((line) => [line.severity, line.severity_number]),
    [
      ["emerg", 21],
      ["alert", 19],
      ["crit", 18],
      ["err", 17],
      ["warning", 13],
      ["notice", 10],
      ["info", 9],
      ["debug", 5],
    ],
  );
});

Deno.test("klog: one that contradicts itself is opaque", () => {
  const record = recordOf(new Uint8Array(30), { id: ABI.ID_KLOG });
  assertEquals(
    printed(TEXT_FORMAT, [record]),
    `event ${ABI.ID_KLOG}: opaque, 30 bytes: ${"00".repeat(30)}\n`,
  );
  const line = JSON.parse(printed(JSON_FORMAT, [record]));
  assertEquals([line.event, line.id], ["opaque", ABI.ID_KLOG]);
});

Deno.test("klog: what was logged before the driver came has its own time", () => {
  // The driver was loaded at 5 s, and the ring stamps everything before with
  // that.
  const early = klogOf({ timeUs: 2_000_000n }, { ticks: 5_000_000_100n });
  const live = klogOf({ timeUs: 6_000_000n }, { ticks: 6_000_000_100n });
  const lines = printed(JSON_FORMAT, [early, live]).trimEnd().split("\n")
    .map((line) => JSON.parse(line).timestamp);
  assertEquals(lines, [
    "2026-01-02T03:04:02.678901234Z",
    "2026-01-02T03:04:06.678901334Z",
  ]);
  const tsc = { ...INFO, clockId: ABI.CLOCK_TSC };
  const [line] = printed(JSON_FORMAT, [early], { info: tsc }).split("\n");
  assertEquals(JSON.parse(line).timestamp, "2026-01-02T03:04:05.678901334Z");
});

Deno.test("clock: what is announced holds for what follows", () => {
  const announced = (clock: bigint, utc: bigint, reason: number, epoch = 0) =>
    recordOf(clockPayload(clock, utc, reason, epoch), {
      id: ABI.ID_CLOCK,
      ring: INFO.rings[1],
      epoch,
      ticks: clock,
    });
  const hour = 3600n * 1_000_000_000n;
  const base = INFO.clockBase;
  const records = [
    recordOf("a"),
    announced(base, UTC_NS + hour, ABI.ANNOUNCE_STEP),
    recordOf("b"),
    announced(1000n, UTC_NS + 2n * hour, ABI.ANNOUNCE_START, 4),
    recordOf("c", { epoch: 4, ticks: 1000n }),
    recordOf("d"),
    recordOf("e", { epoch: 5 }),
  ];
  const lines = printed(JSON_FORMAT, records).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  assertEquals(
    lines.map(({ timestamp }) => timestamp && timestamp.slice(11, 13)),
    ["03", "04", "04", "05", "05", "04", null],
  );
  assertEquals(
    lines.filter(({ event }) => event === "clock").map((line) => line.reason),
    ["step", "start"],
  );
  assertEquals(lines[1].fields, {
    clock: String(base),
    utc_ns: String(UTC_NS + hour),
  });
  assertEquals(printed(TEXT_FORMAT, records), "a\nb\nc\nd\ne\n");
  // This clock record does not belong to the block in which it came.
  const odd = recordOf(clockPayload(1n, 1n, 1, 3), { id: ABI.ID_CLOCK });
  assertEquals(JSON.parse(printed(JSON_FORMAT, [odd])).event, "opaque");
});

Deno.test("events: as trace_pipe prints them", () => {
  const flags = { flags: 0x01 | 0x08, depth: 0x21, task: 0 };
  const records = [
    recordOf(schedPayload("bash"), { id: SCHED_ID, ticks: 12_345_678_999n }),
    recordOf(schedPayload("sh", flags), { id: SCHED_ID }),
  ];
  assertEquals(
    printed(TEXT_FORMAT, records, { events: EVENTS }),
    `${HEAD}   12.345678: sched_switch: ` +
      "prev_comm=bash prev_pid=-5 prev_state=S\n" +
      "          <idle>-0       [000] d.h12     5.000000: sched_switch: " +
      "prev_comm=sh prev_pid=-5 prev_state=S\n",
  );
});

Deno.test("events: the name of a task, which a record has given it", () => {
  const name = recordOf(taskPayload(42, "a\x1b[2J\n é"), { id: ABI.ID_TASK });
  const event = recordOf(schedPayload("bash"), { id: SCHED_ID });
  const events = { ...EVENTS, tasks: new TaskNames() };
  events.tasks.begin(1);
  events.tasks.declare(name);
  assertEquals(
    printed(TEXT_FORMAT, [name, event], { events }),
    "  a\\x1b[2J\\x0a é-42      [000] .....     5.000000: sched_switch: " +
      "prev_comm=bash prev_pid=-5 prev_state=S\n",
  );
  const lines = printed(JSON_FORMAT, [name, event], { events })
    .trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ event, pid, comm }) => [event, pid, comm]), [
    ["task", 42, "a\x1b[2J\n é"],
    ["sched_switch", 42, "a\x1b[2J\n é"],
  ]);
  assertEquals(TEXT_FORMAT.create(PLAIN).shows(name), false);
  assertEquals(JSON_FORMAT.create(PLAIN).shows(name), true);
});

Deno.test("events: without a print format, by field", () => {
  const record = recordOf(oddPayload("na\nme\x1b"), { id: ODD_ID });
  assertEquals(
    printed(TEXT_FORMAT, [record], { events: EVENTS }),
    `${HEAD}    5.000000: odd_event: ptr=0xffff888003b1d000 ` +
      "big=18446744073709551615 least=-9007199254740991 " +
      "name=na\\x0ame\\x1b list={1,65535} what=0102ff\n",
  );
});

Deno.test("events: typed fields in JSON", () => {
  const record = recordOf(schedPayload('ba"sh'), { id: SCHED_ID });
  assertEquals(members([record]), {
    event: "sched_switch",
    severity: "info",
    severity_number: 9,
    message: 'prev_comm=ba"sh prev_pid=-5 prev_state=S',
    pid: 42,
    comm: null,
    context: ".....",
    system: "sched",
    fields: {
      prev_comm: 'ba"sh',
      prev_pid: -5,
      prev_state: 1,
      prev_state_text: "S",
    },
  });
});

Deno.test("events: what the kernel prints of a field stands beside it", () => {
  const format = parseEventFormat(formatText([
    field("u32 flags", 8, 4),
    field("int errno", 12, 4, 1),
    field("u32 reason", 16, 4),
    field("u8 addr[4]", 20, 4),
    field("u32 addr_text", 24, 4),
    field("u32 plain", 28, 4),
    field("void * function", 32, 8),
  ], {
    id: SCHED_ID,
    print: '"%s %s %pI4 %x %pS %s", ' +
      '__print_flags(REC->flags, "|", { 1, "ONE" }, { 2, "TWO" }), ' +
      'REC->errno < 0 ? "error" : ' +
      '__print_symbolic(REC->reason, { 7, "SEVEN" }), REC->addr, REC->plain, ' +
      'REC->function, REC->plain ? "yes" : "no"',
  }));
  const rest = new Uint8Array(32);
  rest.set([3, 0, 0, 0, 0xfc, 255, 255, 255, 7]);
  const line = printed(
    JSON_FORMAT,
    [recordOf(entry(rest, { id: SCHED_ID }), { id: SCHED_ID })],
    { events: lookupOf(format) },
  );
  assertEquals(JSON.parse(line).fields, {
    flags: 3,
    flags_text: "ONE|TWO",
    errno: -4,
    reason: 7,
    reason_text: "SEVEN",
    addr: [0, 0, 0, 0],
    addr_text: 0,
    plain: 0,
    plain_text: "no",
    function: "0x0",
  });
});

Deno.test("events: numbers that would be rounded are strings", () => {
  const record = recordOf(oddPayload("x"), { id: ODD_ID });
  const { fields } = members([record]) as { fields: unknown };
  assertEquals(fields, {
    ptr: "0xffff888003b1d000",
    big: "18446744073709551615",
    least: -9007199254740991,
    name: "x",
    list: [1, 65535],
    what: "0102ff",
  });
});

Deno.test("events: a number is a string from 2^53 away from 0, either way", () => {
  const edge = 2n ** 53n;
  const values = [1n - edge, edge - 1n, -edge, edge, -edge - 1n, edge + 1n];
  const format = parseEventFormat(formatText([
    ...values.map((_, i) => field(`s64 n${i}`, 8 + 8 * i, 8, 1)),
    field(`s64 list[${values.length}]`, 8 + 8 * values.length, 48, 1),
  ], { id: SCHED_ID, name: "edges" }));
  const numbers = BigInt64Array.from([...values, ...values]);
  const payload = entry(new Uint8Array(numbers.buffer), { id: SCHED_ID });
  const line = printed(
    JSON_FORMAT,
    [recordOf(payload, { id: SCHED_ID })],
    { events: lookupOf(format) },
  );
  const shown = [
    ...[-9007199254740991, 9007199254740991],
    ...["-9007199254740992", "9007199254740992"],
    ...["-9007199254740993", "9007199254740993"],
  ];
  const { list, ...single } = JSON.parse(line).fields;
  assertEquals([Object.values(single), list], [shown, shown]);
});

Deno.test("events: without a format, or against it, they are opaque", () => {
  const unknown = recordOf(schedPayload("a"), { id: 5 });
  const short = recordOf(schedPayload("a").subarray(0, 39), { id: SCHED_ID });
  for (const record of [unknown, short]) {
    const line = printed(JSON_FORMAT, [record], { events: EVENTS });
    const { event, id, data } = JSON.parse(line);
    assertEquals([event, id], ["opaque", record.id]);
    assertEquals(data.length, 2 * record.payloadBytes);
    const text = printed(TEXT_FORMAT, [record], { events: EVENTS });
    assertEquals(text.startsWith(`event ${record.id}: opaque, `), true, text);
  }
});

Deno.test("whatever a guest writes under any id is printed, and valid", () => {
  const ids = [
    ...[ABI.ID_MESSAGE, ABI.ID_PART, ABI.ID_TAKEOVER, ABI.ID_OPAQUE],
    ...[ABI.ID_KLOG, ABI.ID_CLOCK, ABI.ID_TASK, SCHED_ID, ODD_ID, 1, 0, 0xffff],
  ];
  const records = Array.from({ length: 4000 }, (_, i) => {
    const id = ids[i % ids.length];
    const payload = crypto.getRandomValues(new Uint8Array((i * 7) % 97));
    // Some payloads are made plausible, so that they are not refused at once.
    const honest = i % 3 === 0
      ? id === ODD_ID
        ? oddPayload(String.fromCharCode(...payload))
        : id === SCHED_ID
        ? schedPayload("x")
        : payload
      : payload;
    // A byte somewhere is changed.
    if (i % 6 === 0 && honest.length > 0) honest[i % honest.length] = i;
    const ticks = crypto.getRandomValues(new BigUint64Array(1))[0];
    const ring = INFO.rings[i % 2];
    const [epoch] = crypto.getRandomValues(new Uint32Array(1));
    return recordOf(honest, { id, ticks, ring, epoch: epoch % 3 });
  });
  const lines = printed(JSON_FORMAT, records, { events: EVENTS })
    .trimEnd().split("\n");
  assertEquals(lines.length, records.length);
  for (const line of lines) {
    const { message, severity } = JSON.parse(line);
    assertEquals([typeof message, typeof severity], ["string", "string"]);
  }
  for (const time of ["auto", "utc", "local", "uptime", "raw"] as const) {
    const options = { events: EVENTS, safe: true, label: true, time };
    const text = printed(TEXT_FORMAT, records, options).trimEnd().split("\n");
    for (const line of text) {
      // deno-lint-ignore no-control-regex
      const safe = /^\/ring: [^\x00-\x08\x0a-\x1f\x7f-\x9f]*$/.test(line);
      assertEquals(safe, true, JSON.stringify(line));
    }
  }
});
