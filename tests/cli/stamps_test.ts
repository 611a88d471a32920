// SPDX-License-Identifier: MIT
/** Tests timestamps, labels and colours of text. */
import { assertEquals, assertMatch } from "@std/assert";
import { isColored } from "../../cli/arguments/color_choice.ts";
import type { FormatOptions } from "../../cli/formats/formatter.ts";
import { TEXT_FORMAT } from "../../cli/formats/text.ts";
import { parseEventFormat } from "../../ring/events/event_format.ts";
import {
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import {
  INFO,
  klogOf,
  lookupOf,
  printed,
  recordOf,
} from "../support/records.ts";

const EVENTS = lookupOf(parseEventFormat(SCHED_TEXT));
const RECORDS = [
  recordOf("one\ntwo\n", { ticks: 5_000_001_999n }),
  klogOf({ timeUs: 5_000_003n, text: "klog" }, { ticks: 5_000_004_000n }),
  recordOf(schedPayload("sh"), { id: SCHED_ID, ticks: 5_000_005_000n }),
];
const EVENT = "           <...>-42      [000] ..... ";
const FIELDS = "sched_switch: prev_comm=sh prev_pid=-5 prev_state=S\n";

function shown(options: Partial<FormatOptions>, records = RECORDS): string {
  return printed(TEXT_FORMAT, records, { events: EVENTS, ...options });
}

Deno.test("time: none, and what each kind has by itself", () => {
  assertEquals(
    shown({ time: "auto" }),
    `one\ntwo\n[    5.000003] klog\n${EVENT}    5.000005: ${FIELDS}`,
  );
  assertEquals(shown({ time: "none" }), `one\ntwo\nklog\n${EVENT}${FIELDS}`);
});

Deno.test("time: in front of every line", () => {
  assertEquals(
    shown({ time: "uptime" }),
    "[    5.000001] one\n[    5.000001] two\n[    5.000003] klog\n" +
      `[    5.000005] ${EVENT}${FIELDS}`,
  );
  assertEquals(
    shown({ time: "raw" }),
    "5000001999 one\n5000001999 two\n5000004000 klog\n" +
      `5000005000 ${EVENT}${FIELDS}`,
  );
  const second = "2026-01-02T03:04:05.6789";
  assertEquals(
    shown({ time: "utc" }),
    `${second}03Z one\n${second}03Z two\n${second}05Z klog\n` +
      `${second}06Z ${EVENT}${FIELDS}`,
  );
});

Deno.test("time: local time, with its offset from UTC", () => {
  const [line] = shown({ time: "local" }).split(" one\n");
  assertMatch(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.678903[+-]\d\d:\d\d$/);
  assertEquals(new Date(line).getTime(), Date.UTC(2026, 0, 2, 3, 4, 5, 678));
});

Deno.test("time: a clock that is not known", () => {
  const stopped = { ...INFO, clockId: 0, clockHz: 0 };
  const record = recordOf("a", { ticks: 0n });
  const of = (time: FormatOptions["time"]) =>
    printed(TEXT_FORMAT, [record], { info: stopped, time });
  assertEquals(of("utc"), "- a\n");
  assertEquals(of("uptime"), "[    0.000000] a\n");
});

Deno.test("time: long uptimes and counters of other speeds", () => {
  const at = (ticks: bigint, clockHz: number) =>
    printed(TEXT_FORMAT, [recordOf("a", { ticks })], {
      info: { ...INFO, clockHz },
      time: "uptime",
    });
  const year = 31_536_000n;
  assertEquals(at(year * 10n ** 9n + 1_999n, 1e9), "[31536000.000001] a\n");
  assertEquals(at(year * 3n * 10n ** 9n + 2n, 3e9), "[31536000.000000] a\n");
  assertEquals(at(2n ** 62n, 1e9), "[4611686018.427387] a\n");
});

Deno.test("label: the object's name in front of every line", () => {
  assertEquals(
    shown({ label: true, object: "/vm1" }, RECORDS.slice(0, 2)),
    "/vm1: one\n/vm1: two\n/vm1: [    5.000003] klog\n",
  );
  // Whoever may make objects can give them any name.
  assertEquals(
    shown({ label: true, object: "/a\n\x1b[2Jb" }, RECORDS.slice(1, 2)),
    "/a\\x0a\\x1b[2Jb: [    5.000003] klog\n",
  );
});

Deno.test("color: by level, and of nothing but the lines themselves", () => {
  const of = (level: number) =>
    shown({ color: true }, [klogOf({ priority: level, text: "a\nb" })]);
  assertEquals(of(3), "\x1b[31ma\x1b[0m\n\x1b[31mb\x1b[0m\n");
  assertEquals(of(6), "a\nb\n");
  assertEquals(
    shown({ color: true, label: true, object: "/v" }, RECORDS.slice(1)),
    "\x1b[36m/v: \x1b[0m\x1b[32m[    5.000003] \x1b[0mklog\n" +
      `\x1b[36m/v: \x1b[0m${EVENT}    5.000005: ` +
      "\x1b[36msched_switch\x1b[0m: " + FIELDS.slice(14),
  );
});

Deno.test("color: on a terminal only, and NO_COLOR is honoured", () => {
  const before = Deno.env.get("NO_COLOR");
  try {
    Deno.env.delete("NO_COLOR");
    assertEquals(isColored("auto", true), true);
    assertEquals(isColored("auto", false), false);
    Deno.env.set("NO_COLOR", "");
    assertEquals(isColored("auto", true), true);
    Deno.env.set("NO_COLOR", "1");
    assertEquals(isColored("auto", true), false);
    assertEquals(isColored("always", false), true);
    assertEquals(isColored("never", true), false);
  } finally {
    if (before === undefined) Deno.env.delete("NO_COLOR");
    else Deno.env.set("NO_COLOR", before);
  }
});
