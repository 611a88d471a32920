// SPDX-License-Identifier: MIT
/** Tests that the lines of an oops become one record. */
import { assert, assertEquals } from "@std/assert";
import { OopsJoiner } from "../../cli/printing/oops_joiner.ts";
import { JSON_FORMAT } from "../../cli/formats/json.ts";
import { TEXT_FORMAT } from "../../cli/formats/text.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { ABI } from "../../ring/layout.ts";
import { klogOf, printed, recordOf } from "../support/records.ts";

/** Lines as Linux 6.1 prints them, shortened. */
const WARNING = [
  "------------[ cut here ]------------",
  "WARNING: CPU: 1 PID: 77 at kernel/x.c:1 f+0x1/0x2",
  "Modules linked in: ivring(OE)",
  " <TASK>",
  "---[ end trace 0000000000000000 ]---",
];
const OOPS = [
  "BUG: kernel NULL pointer dereference, address: 0000000000000000",
  "#PF: supervisor write access in kernel mode",
  "Oops: 0002 [#1] PREEMPT SMP NOPTI",
  "CPU: 0 PID: 1 Comm: sh",
  "---[ end trace 0000000000000000 ]---",
  "RIP: 0010:sysrq_handle_crash+0x16/0x20",
  "Code: eb d1",
  "RSP: 0018:ffffb",
  "CR2: 0000000000000000",
];
const PANIC = [
  "Kernel panic - not syncing: Fatal exception",
  "Kernel Offset: disabled",
  "---[ end Kernel panic - not syncing: Fatal exception ]---",
];

/** Feeds lines that are 1 ms apart, and returns what comes out. */
function joined(
  lines: readonly (string | RecordView)[],
  { release = true, now = () => 0 } = {},
): RecordView[] {
  const out: RecordView[] = [];
  const joiner = new OopsJoiner((record) => out.push({ ...record }), now);
  lines.forEach((line, i) => {
    const timeUs = BigInt(1_000_000 + i * 1000);
    const level = typeof line === "string" && line.startsWith("BUG") ? 1 : 4;
    joiner.record(
      typeof line === "string"
        ? klogOf({ seq: BigInt(i), timeUs, priority: level, text: line })
        : line,
    );
  });
  if (release) joiner.release(true);
  return out;
}

/** Returns the messages as JSON prints them. */
function messages(...args: Parameters<typeof joined>): string[] {
  const lines = printed(JSON_FORMAT, joined(...args)).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line).message);
}

Deno.test("an oops, its registers, and the panic on it", () => {
  assertEquals(
    messages(["before", ...OOPS, ...PANIC, "after"]),
    ["before", OOPS.join("\n"), PANIC.join("\n"), "after"],
  );
});

Deno.test("a warning ends with its end; the next one is another", () => {
  assertEquals(
    messages([...WARNING, "eth0: up", ...WARNING, ...WARNING]),
    [WARNING.join("\n"), "eth0: up", WARNING.join("\n"), WARNING.join("\n")],
  );
});

Deno.test("one record: the gravest level, the first line's number and time", () => {
  const [record] = joined(["usb 1-1: x", ...OOPS].slice(1));
  assertEquals(record.records, OOPS.length);
  const line = JSON.parse(printed(JSON_FORMAT, [record]));
  assertEquals([line.severity, line.fields.seq], ["alert", 0]);
  assertEquals(line.fields.time_us, 1_000_000);
  const text = printed(TEXT_FORMAT, [record]).trimEnd().split("\n");
  assertEquals(text, OOPS.map((each) => `[    1.000000] ${each}`));
});

Deno.test("other records pass meanwhile, and lines behind stay behind", () => {
  const message = recordOf("message");
  const [first, second] = joined([OOPS[0], message, ...OOPS.slice(1)]);
  assertEquals([first.id, second.id], [ABI.ID_MESSAGE, ABI.ID_KLOG]);
  assertEquals(second.records, OOPS.length);
  // A line whose end is missing is shown as it is, in its place.
  const cut = klogOf({ text: "cut" }, { truncated: true });
  const ids = joined([OOPS[0], cut, "after"]).map(({ records, truncated }) => [
    records,
    truncated,
  ]);
  assertEquals(ids, [[1, false], [1, true], [1, false]]);
});

Deno.test("without an end: a pause, another boot, a new report", () => {
  const late = klogOf({ timeUs: 9_000_000n, text: "late" });
  assertEquals(messages([OOPS[0], "x", late]), [`${OOPS[0]}\nx`, "late"]);
  const boot = klogOf({ timeUs: 1_000_001n, text: "Linux" }, { epoch: 1 });
  assertEquals(messages([OOPS[0], boot]).length, 2);
  assertEquals(messages([OOPS[0], ...WARNING]).length, 2);
});

Deno.test("bounds: lines, bytes, time", () => {
  const many = [WARNING[0], ...Array.from({ length: 600 }, (_, i) => `l${i}`)];
  const [first] = joined(many);
  assertEquals(first.records, 512);
  const wide = [WARNING[0], ...Array(100).fill("x".repeat(1000))];
  const [block] = joined(wide);
  assert(block.payloadBytes < 49 * 1024 && block.records > 40);
  let now = 0;
  const out: RecordView[] = [];
  const joiner = new OopsJoiner((record) => out.push(record), () => now);
  joiner.record(klogOf({ text: OOPS[0] }));
  joiner.release(false);
  assertEquals([joiner.held, out.length], [true, 0]);
  now = 2000;
  joiner.release(false);
  assertEquals([joiner.held, out.length], [false, 1]);
});

Deno.test("ordinary lines are not held", () => {
  const lines = [
    ...["x", "[ cut here ]", "Oopsie", "not a BUG: x", "BUG"],
    "\ufeffBUG: behind a byte order mark, which the kernel does not print",
  ];
  assertEquals(joined(lines, { release: false }).length, lines.length);
});
