// SPDX-License-Identifier: MIT
/**
 * Lines of JSON of every kind, as the format prints them, for tests of their
 * schema.
 *
 * @module
 */
import { OutputBuffer } from "../../cli/formats/output_buffer.ts";
import { JSON_FORMAT } from "../../cli/formats/json.ts";
import { joinReport } from "../../cli/reports/joined_report.ts";
import type { GuestEvent } from "../../cli/regions/guest_event.ts";
import { parseEventFormat } from "../../ring/events/event_format.ts";
import { ABI } from "../../ring/layout.ts";
import { GONE, GUEST_STATES } from "../../ring/state_names.ts";
import type { RecordView } from "../../ring/record_view.ts";
import {
  clockPayload,
  taskPayload,
} from "../../ring/writer/writer_payloads.ts";
import { entry, formatText } from "../support/events.ts";
import {
  INFO,
  klogOf,
  lookupOf,
  PLAIN,
  printed,
  recordOf,
  UTC_NS,
} from "../support/records.ts";
import {
  ODD_ID,
  ODD_TEXT,
  oddPayload,
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import {
  STACK_ID,
  STACK_TEXT,
  stackPayload,
  VFS_WRITE,
} from "../support/stack_events.ts";
import type { Json } from "./json_validator.ts";

/** An event without fields, which has the name of another kind of line. */
const BARE_ID = 5;
const BARE_TEXT = formatText([], {
  id: BARE_ID,
  name: "message",
  print: '"nothing"',
});

/** What describes the events of these lines. */
export const EVENTS = lookupOf(
  ...[SCHED_TEXT, ODD_TEXT, BARE_TEXT, STACK_TEXT].map(parseEventFormat),
);

const clockOf = (reason: number) =>
  recordOf(clockPayload(INFO.clockBase, UTC_NS, reason, 0), {
    id: ABI.ID_CLOCK,
    ring: INFO.rings[1],
  });

const takeoverOf = (reason: number) =>
  recordOf(new Uint8Array([reason, 0, 0, 0, 0, 0, 0, 0]), {
    id: ABI.ID_TAKEOVER,
  });

const LONG = { records: 3, seq: 9, firstSeq: 5 };

/** Reports that say everything, and nothing. */
const REPORTS = [
  [
    "BUG: KASAN: double-free in f+0x1/0x2",
    'CPU: 1 PID: 7 Comm: a"b\x1b[2J Not tainted 6.1',
    "Call Trace:\n f+0x1/0x2 [m]\n ? g+0x1/0x2",
    "Kernel panic - not syncing: \xff\u202e",
  ],
  ["------------[ cut here ]------------"],
].map((lines) =>
  joinReport(
    lines.map((text, i) => klogOf({ priority: 3 + i % 2, text })),
    lines.length > 1 ? "kasan" : "warning",
    0,
  )
);

/** Records by the kind of line that they become. */
const RECORDS: Readonly<Record<string, readonly RecordView[]>> = {
  messageLine: [
    recordOf("hi\n", { seq: 2 ** 40 }),
    recordOf(""),
    recordOf("in no known epoch", { epoch: 7 }),
    recordOf(new Uint8Array([0xc3, 0x28, 0xff, 0, 0x1b])),
    recordOf("\u202e é 😀\x7f"),
    recordOf("long", { ...LONG, headless: true, truncated: true }),
    recordOf("late", { ticks: 2n ** 64n - 1n, ring: INFO.rings[1] }),
  ],
  klogLine: [
    ...Array.from({ length: 8 }, (_, level) => klogOf({ priority: level })),
    klogOf({ seq: 9n, timeUs: 5n, skipped: 2, text: "a\nb\xff" }),
    klogOf({ priority: 12 * 8 }),
    klogOf({ priority: 0xffff }),
    klogOf({ text: "a report" }, LONG),
    ...REPORTS,
  ],
  kernelEventLine: [
    recordOf(schedPayload('ba"sh'), { id: SCHED_ID }),
    recordOf(schedPayload("", { flags: 0xff, depth: 0xff, task: -1 }), {
      id: SCHED_ID,
    }),
    recordOf(oddPayload("na\nme\x1b"), { id: ODD_ID }),
    recordOf(oddPayload("", -(2n ** 53n)), { id: ODD_ID }),
    recordOf(entry(new Uint8Array(0), { id: BARE_ID, task: 0 }), {
      id: BARE_ID,
    }),
    recordOf(stackPayload([VFS_WRITE, 1n]), { id: STACK_ID }),
  ],
  clockLine: [ABI.ANNOUNCE_START, ABI.ANNOUNCE_STEP].map(clockOf),
  taskLine: [
    recordOf(taskPayload(42, "sh"), { id: ABI.ID_TASK }),
    recordOf(taskPayload(2 ** 31 - 1, 'a"\x1b\u202e'), { id: ABI.ID_TASK }),
  ],
  takeoverLine: [
    ABI.TAKEOVER_BOOT,
    ABI.TAKEOVER_PANIC,
    ABI.TAKEOVER_KILLED,
    ABI.TAKEOVER_RESUME,
    99,
  ].map(takeoverOf),
  opaqueLine: [
    recordOf(new Uint8Array([0, 255]), { id: 9 }),
    recordOf("", { id: 0xffff }),
    recordOf("half", { ...LONG, id: ABI.ID_OPAQUE, headless: true }),
    recordOf(new Uint8Array(30), { id: ABI.ID_KLOG }),
    recordOf("no clock", { id: ABI.ID_CLOCK }),
    recordOf("no task", { id: ABI.ID_TASK }),
  ],
};

const EVENT: GuestEvent = {
  utcMs: Number(UTC_NS / 1_000_000n),
  state: "running",
  reason: "driver",
  previous: "hung",
  sessionId: 2n ** 64n - 1n,
  epoch: 3,
  heartbeat: 2n ** 64n - 1n,
  stillMs: 1499,
  panicText: "",
};

const REASONS: readonly GuestEvent["reason"][] = [
  ...["attached", "driver", "panic", "shutdown", "emergency restart"] as const,
  ...["heartbeat", "start", "session", "removed", "replaced"] as const,
  "unreadable",
];

const GUEST_EVENTS: readonly GuestEvent[] = [
  ...[...GUEST_STATES, GONE, "state 77"].map((state) => ({ ...EVENT, state })),
  ...REASONS.map((reason) => ({ ...EVENT, reason, previous: null })),
  { ...EVENT, state: "panicked", panicText: 'a"\x1b[2J\ufffd' },
];

/** Prints records as the reader does. @returns Its lines, parsed. */
export function linesOf(records: readonly RecordView[]): Json[] {
  return parsed(printed(JSON_FORMAT, records, { events: EVENTS }));
}

/** Parses lines of JSON. */
export function parsed(text: string): Json[] {
  return text.split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

function guestLines(): Json[] {
  const formatter = JSON_FORMAT.create(PLAIN);
  const buffer = new OutputBuffer();
  formatter.attached(INFO, EVENTS);
  for (const event of GUEST_EVENTS) formatter.guest(event, buffer);
  return parsed(new TextDecoder().decode(buffer.pending));
}

/** Lines by their kind, which is the name of their definition. */
export const LINES_BY_KIND: Readonly<Record<string, readonly Json[]>> = {
  ...Object.fromEntries(
    Object.entries(RECORDS).map(([kind, records]) => [kind, linesOf(records)]),
  ),
  guestLine: guestLines(),
};
