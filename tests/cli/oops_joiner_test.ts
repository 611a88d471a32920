// SPDX-License-Identifier: MIT
/** Tests that the lines of an oops become one record. */
import { assert, assertEquals } from "@std/assert";
import { JSON_FORMAT } from "../../cli/formats/json.ts";
import { DIE } from "../../cli/reports/report_grammar.ts";
import { REPORT_KINDS } from "../../cli/reports/report_kinds.ts";
import { OopsJoiner } from "../../cli/printing/oops_joiner.ts";
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

Deno.test("an oops, its registers, and the panic on it are one report", () => {
  assertEquals(
    messages(["before", ...OOPS, ...PANIC, "after"]),
    ["before", [...OOPS, ...PANIC].join("\n"), "after"],
  );
  assertEquals(
    messages(["before", ...PANIC, ...PANIC, "after"]),
    ["before", PANIC.join("\n"), PANIC.join("\n"), "after"],
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

Deno.test("what alone is no report comes out as it went in", () => {
  const lines = [
    "WARNING: polling idle and HT enabled, performance may degrade",
    "BUG: Bad rss-counter state mm:0000000000000000 type:MM_ANONPAGES val:2",
    "",
    "list_del corruption, ffff888004a1b0c8->next is NULL",
    "=============================",
    "= welcome to a driver",
    "=============================",
  ];
  const out = joined(lines);
  assertEquals(out.map(({ seq }) => seq), out.map(() => 0));
  assertEquals(messages(lines), lines);
  assert(out.every((record) => !("report" in record)));
});

Deno.test("within a stack, and before its first function, nothing has ended", () => {
  const trace = [
    "BUG: scheduling while atomic: wren/53/0x00000002",
    "Call Trace:",
    "one that no grammar knows",
    " <TASK>",
    " wren_sing+0x1d/0x90 [wren]",
    "another one",
    " </TASK>",
  ].map((line) => `[   T53] ${line}`);
  const after = "[   T53] now it has ended";
  assertEquals(messages([...trace, after]), [trace.join("\n"), after]);
});

Deno.test("programs' lines are no part of a report, whatever they say", () => {
  const user = (text: string) => klogOf({ timeUs: 1n, priority: 8 + 4, text });
  const fake = WARNING.map(user);
  assertEquals(joined(fake, { release: false }).length, fake.length);
  const [head, ...rest] = WARNING.map((each) => `[   T77] ${each}`);
  const end = user(`[   T77] ${WARNING.at(-1)}`);
  assertEquals(messages([head, end, ...rest]).slice(1), [
    [head, ...rest].join("\n"),
  ]);
});

Deno.test("reports of several callers; beyond eight, the oldest is delivered", () => {
  const heads = Array.from(
    { length: 9 },
    (_, i) => `[${`T${i}`.padStart(6)}] ${OOPS[0]}`,
  );
  const first = joined(heads.slice(0, 8), { release: false });
  assertEquals(first.length, 0);
  const all = messages(heads, { release: false });
  assertEquals(all, [heads[0]]);
});

Deno.test("lines behind a report that may have ended: eight, then they pass", () => {
  const lines = Array.from({ length: 9 }, (_, i) => `usb 1-${i}: new`);
  const oops = OOPS.join("\n");
  const few = joined([...OOPS, ...lines.slice(0, 8)], { release: false });
  assertEquals(few.length, 0);
  assertEquals(messages([...OOPS, ...lines], { release: false }), [
    oops,
    ...lines,
  ]);
  // If the report goes on, they were before its end.
  assertEquals(messages([...OOPS, ...lines.slice(0, 8), ...PANIC]), [
    ...lines.slice(0, 8),
    [...OOPS, ...PANIC].join("\n"),
  ]);
});

Deno.test("another CPU's trace belongs to the report that asked for it", () => {
  const stall = [
    "[    C0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
    "[    C0] rcu: \t(detected by 0, t=5254 jiffies, g=1301, q=12 ncpus=2)",
    "[    C0] Sending NMI from CPU 0 to CPUs 1:",
    "[    C1] NMI backtrace for cpu 1",
    "[    C1] CPU: 1 PID: 340 Comm: owl Not tainted 6.1.0 #2",
    "[    C1] Call Trace:",
    "[    C1]  owl_thread+0x21/0x40 [owl]",
  ];
  const more = "[    C0] rcu: rcu_preempt kthread starved for 5254 jiffies!";
  assertEquals(messages([...stall, "[    C1] eth0: up", more]), [
    "[    C1] eth0: up",
    [...stall, more].join("\n"),
  ]);
  // Nobody asked: it is a report of its own.
  const [head, detected] = stall;
  assertEquals(messages([head, detected, ...stall.slice(3)]).length, 2);
});

Deno.test("each line of a report has the colour of its own level", () => {
  const head = "BUG: kernel NULL pointer dereference, address: 0";
  const [record] = joined([head, klogOf({ priority: 6, text: "PGD 0 P4D 0" })]);
  assertEquals(
    printed(TEXT_FORMAT, [record], { color: true, time: "none" }),
    `\x1b[7;31m${head}\x1b[0m\nPGD 0 P4D 0\n`,
  );
});

Deno.test("only the beginning of a line is looked at", () => {
  const far = `${"x".repeat(256)}: 0000 [#1] SMP`;
  assertEquals(joined([far], { release: false }).length, 1);
});

Deno.test("no headline is a pattern that a line can make expensive", () => {
  const faults = (pattern: RegExp) =>
    pattern === DIE ? [] : [
      ...(pattern.source.startsWith("^") ? [] : ["not anchored"]),
      ...(/[+*}][^|]*\)[+*]/.test(pattern.source) ? ["nested"] : []),
    ];
  for (const { begins, body, last } of REPORT_KINDS) {
    for (const pattern of [begins, body, last]) {
      if (pattern) assertEquals(faults(pattern), [], String(pattern));
    }
  }
  // A control.
  assertEquals(faults(/^(?:a+b)+c/), ["nested"]);
  assertEquals(faults(/BUG: /), ["not anchored"]);
});

Deno.test("a line that a report is too full for is not lost", () => {
  const long = "x".repeat(60_000);
  assertEquals(messages([WARNING[0], long, "after"]), [
    WARNING[0],
    long,
    "after",
  ]);
});
