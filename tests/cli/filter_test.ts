// SPDX-License-Identifier: MIT
/** Tests which records are printed. */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UsageError } from "../../cli/errors.ts";
import { recordFilter } from "../../cli/printing/record_filter.ts";
import { parseCommandLine } from "../../cli/command_line/parse.ts";
import { parseEventFormat } from "../../ring/events/event_format.ts";
import { ABI } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import {
  ODD_ID,
  ODD_TEXT,
  oddPayload,
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import { taskPayload } from "../../ring/writer/writer_payloads.ts";
import { INFO, klogOf, lookupOf, recordOf } from "../support/records.ts";

const EVENTS = lookupOf(
  parseEventFormat(SCHED_TEXT),
  parseEventFormat(ODD_TEXT),
);
const CPU3 = { ...INFO.rings[0], cpu: 3 };
const RECORDS: Readonly<Record<string, RecordView>> = {
  message: recordOf("a"),
  message3: recordOf("a", { ring: CPU3 }),
  error: klogOf({ priority: 3 }),
  debug: klogOf({ priority: 8 + 7 }),
  sched: recordOf(schedPayload("a"), { id: SCHED_ID }),
  odd: recordOf(oddPayload("a"), { id: ODD_ID, ring: CPU3 }),
  unknown: recordOf("?", { id: 5 }),
  reserved: recordOf("?", { id: 0xffff }),
  takeover: recordOf("?", { id: ABI.ID_TAKEOVER }),
  task: recordOf(taskPayload(1, "a"), { id: ABI.ID_TASK }),
  broken: recordOf("?", { id: ABI.ID_KLOG, ring: INFO.rings[1] }),
};

/** Returns the names of the records that pass. */
function passing(
  given: { level?: string; event?: string[]; cpu?: string },
): string {
  const args = Object.entries(given).flatMap(([name, values]) =>
    [values].flat().map((value) => `--${name}=${value}`)
  );
  const { options } = parseCommandLine(["-s", "/r", ...args]);
  const filter = recordFilter(options)!;
  return Object.entries(RECORDS)
    .filter(([, record]) => filter(record, EVENTS))
    .map(([name]) => name).join(" ");
}

Deno.test("nothing asked for: no filter at all", () => {
  assertEquals(recordFilter({ event: [] }), null);
});

Deno.test("--event: kinds, names, systems, patterns", () => {
  const of = (...event: string[]) => passing({ event });
  assertEquals(of("klog"), "error debug broken");
  assertEquals(of("message", "takeover"), "message message3 takeover");
  assertEquals(of("sched_switch"), "sched");
  assertEquals(of("task"), "task");
  assertEquals(of("sched:*"), "sched");
  assertEquals(of("KLOG", "Sched_Switch"), "error debug sched broken");
  assertEquals(of("tests:odd_event"), "odd");
  assertEquals(of("odd:*"), "");
  assertEquals(of("*_*"), "sched odd");
  assertEquals(of("*:*"), "sched odd");
  assertEquals(of("?dd_event"), "odd");
  assertEquals(of("opaque"), "unknown reserved");
  assertEquals(of("*"), Object.keys(RECORDS).join(" "));
  assertEquals(of("nothing"), "");
});

Deno.test("--level: kernel messages only are concerned", () => {
  const rest = "sched odd unknown reserved takeover task broken";
  const of = (level: string) => passing({ level });
  assertEquals(of("err"), `message message3 error ${rest}`);
  assertEquals(of("3"), of("err"));
  assertEquals(of("error"), of("err"));
  assertEquals(of("crit"), `message message3 ${rest}`);
  assertEquals(of("warning..debug"), `message message3 debug ${rest}`);
  assertEquals(of("DEBUG..WARN"), of("4..7"));
  assertEquals(of("debug"), `message message3 error debug ${rest}`);
});

Deno.test("--cpu: rings of these CPUs", () => {
  assertEquals(passing({ cpu: "3" }), "message3 odd");
  assertEquals(passing({ cpu: "1-4,7" }), "message3 odd");
  assertEquals(passing({ cpu: "0,3", event: ["message"] }), "message message3");
});

Deno.test("all of them together", () => {
  const given = { level: "err", event: ["klog", "message"], cpu: "3" };
  assertEquals(passing(given), "message3");
});

const WRONG: readonly (readonly [Parameters<typeof passing>[0], RegExp])[] = [
  [{ level: "loud" }, /option --level: "loud" is no level: give one of emerg/],
  [{ level: "8" }, /option --level/],
  [{ level: "err.." }, /option --level/],
  [{ level: "0..3..5" }, /option --level/],
  [{ level: "constructor" }, /option --level/],
  [{ cpu: "a" }, /option --cpu: "a" is no list of CPUs such as 0,2-3/],
  [{ cpu: "3-1" }, /option --cpu/],
  [{ cpu: "0,,1" }, /option --cpu/],
  [{ cpu: "0-9999" }, /option --cpu/],
  [{ event: ["a b"] }, /option --event: "a b" is no name/],
  [{ event: ["a".repeat(201)] }, /option --event/],
];

for (const [given, expected] of WRONG) {
  const shown = JSON.stringify(given).slice(0, 40);
  Deno.test(`refused, with the flag's name: ${shown}`, () => {
    const error = assertThrows(() => passing(given), UsageError);
    assertMatch(error.message, expected);
  });
}
