// SPDX-License-Identifier: MIT
// Tests what the benchmarks make of their measurements, never the figures
// themselves.
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { digits, figureOf, median, ratioOf, shown } from "./figures.ts";
import type { MachineInfo } from "./machine.ts";
import { goalsText, partText, tableText } from "./markdown.ts";
import { type Goal, isMet, type Table } from "./part.ts";
import { PARTS } from "./parts.ts";
import { plotSvg } from "./plot.ts";
import { jsonTexts } from "./read_rings.ts";
import { BEGIN, END, withTables } from "./page.ts";
import { type PartSummary, Results, type Summary } from "./results.ts";
import { fastest, Measured, slicesOf } from "./write_runs.ts";
import { TempFolder } from "../support/temp_folder.ts";

const MACHINE: MachineInfo = {
  date: "2026-01-31T12:00Z",
  cpu: "a CPU",
  cores: 2,
  memoryGib: 8,
  kernel: "6.1.0",
  clocksource: "tsc",
  deno: "2.7.11",
  compiler: "gcc 12",
  load: 0.1,
  revision: "abc1234",
  quick: false,
};

const TABLE: Table = {
  id: "write-mono",
  title: "Writing <a> record",
  unit: "ns a record",
  head: "payload",
  columns: ["16 B", "64 B"],
  rows: [
    { name: "ours", figures: [figureOf([20, 21, 25]), figureOf([22])] },
    { name: "rival & co", figures: [null, figureOf([900, 1000, 1100])] },
  ],
  note: "A note.",
};

const GOAL: Goal = {
  what: "64 B against the floor",
  sense: "at most",
  limit: 1.25,
  found: figureOf([1.1, 1.2, 1.3]),
};

const PART: PartSummary = {
  title: "Writing a record",
  machine: MACHINE,
  tables: [TABLE, { ...TABLE, id: "more", title: "More of it", detail: true }],
  goals: [GOAL],
  remarks: ["A remark."],
};

Deno.test("medians, spreads and paired ratios", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(figureOf([5, 9, 7]), { median: 7, low: 5, high: 9, count: 3 });
  // Each round is compared with its own: this is not the ratio of the medians.
  assertEquals(ratioOf([2, 40, 6], [1, 10, 6]).median, 2);
  assertThrows(() => median([]), RangeError);
  assertThrows(() => median([1, NaN]), RangeError);
  assertThrows(() => ratioOf([1], [1, 2]), RangeError);
});

Deno.test("figures have three digits that count", () => {
  const all = [0.0512, 1.234, 12.34, 123.4, 12345.6].map(digits);
  assertEquals(all, ["0.05", "1.23", "12.3", "123", "12346"]);
  assertEquals(shown(figureOf([20, 21, 25])), "21.0 (20.0-25.0)");
});

Deno.test("a goal is met, missed, or was not measured", () => {
  assertEquals(isMet(GOAL), true);
  assertEquals(isMet({ ...GOAL, limit: 1.19 }), false);
  assertEquals(isMet({ ...GOAL, sense: "at least", limit: 1.21 }), false);
  assertEquals(isMet({ ...GOAL, found: null }), null);
  const text = goalsText([
    GOAL,
    { ...GOAL, limit: 1.19, unit: "s" },
    { ...GOAL, found: null },
  ]);
  const lines = text.split("\n");
  assertEquals(
    lines[2],
    "| 64 B against the floor | at most 1.25 | 1.20 (1.10-1.30) | met |",
  );
  assertStringIncludes(lines[3], "1.20 (1.10-1.30) s | **not met** |");
  assertStringIncludes(lines[4], "| - | not measured |");
});

Deno.test("a table shows medians, spreads and what is missing", () => {
  assertEquals(
    tableText(TABLE),
    "**Writing <a> record** (ns a record)\n\n" +
      "| payload | 16 B | 64 B |\n| --- | --- | --- |\n" +
      "| ours | 21.0 (20.0-25.0) | 22.0 (22.0-22.0) |\n" +
      "| rival & co | - | 1000 (900-1100) |\n\nA note.\n",
  );
});

Deno.test("a part tells machine, date, remarks and, if asked, details", () => {
  const short = partText(PART, false);
  for (const text of ["2026-01-31T12:00Z", "abc1234", "a CPU", "- A remark."]) {
    assertStringIncludes(short, text);
  }
  assert(!short.includes("More of it") && !short.includes(".svg"));
  const long = partText(PART, true, "plots");
  assertStringIncludes(long, "More of it");
  assertStringIncludes(long, "](plots/write-mono.svg)");
  const quick = { ...PART, machine: { ...MACHINE, quick: true } };
  assertStringIncludes(partText(quick, false), "not to be quoted");
});

Deno.test("the page's tables are replaced, and the rest is left as it is", () => {
  const summary: Summary = { "guest-write": PART };
  const before = `# Title\n\nText.\n\n${BEGIN}\nold\n${END}\n\nMore.\n`;
  const after = withTables(before, summary);
  assert(after.startsWith(`# Title\n\nText.\n\n${BEGIN}\n`));
  assert(after.endsWith(`${END}\n\nMore.\n`));
  assert(!after.includes("old"));
  assertStringIncludes(after, tableText(TABLE));
  assertEquals(withTables(after, summary), after);
  const wrong = [
    "no markers",
    `${BEGIN} only`,
    `${END}\n${BEGIN}`,
    before + before,
  ];
  for (const text of wrong) {
    assertThrows(() => withTables(text, summary), Error, "the page needs");
  }
});

Deno.test("a part's results replace its former ones only", async () => {
  using folder = new TempFolder();
  const results = new Results(folder.path, false);
  const order = ["guest-write", "host-read"];
  await results.put("host-read", { ...PART, title: "Reading" }, order);
  await results.put("guest-write", PART, order);
  await results.put("guest-write", { ...PART, title: "Anew" }, order);
  const found = results.read();
  assertEquals(Object.keys(found), order);
  assertEquals(found["guest-write"].title, "Anew");
  assertEquals(found["host-read"], { ...PART, title: "Reading" });
  const names = ["more.svg", "summary.json", "summary.md", "write-mono.svg"];
  assertEquals(folder.names(), names);
  assertStringIncludes(folder.read("summary.md"), "More of it");
});

Deno.test("a plot has a bar for each figure, and says how long it is", () => {
  const svg = plotSvg(TABLE);
  assertEquals(svg.match(/<rect [^>]*fill="#(?!ffffff)/g)?.length, 3);
  assertStringIncludes(svg, "Writing &lt;a&gt; record, ns a record");
  assertStringIncludes(svg, "rival &amp; co");
  // The values span two orders of magnitude: ten times longer is one step
  // wider.
  const widths = [...svg.matchAll(/width="(\d+)" height="14"/g)].map((m) =>
    Number(m[1])
  );
  assert(widths[0] > 0 && widths[2] > widths[1] && widths[1] >= widths[0]);
  assert(widths[2] < 10 * widths[1], "not logarithmic");
  assertStringIncludes(plotSvg({ ...TABLE, rows: [] }), "</svg>");
});

Deno.test("slices are taken apart and compared side by side", () => {
  const { ringBytes, slices } = slicesOf(
    "ready\nring_bytes 4096\nfloor 10.000\nours 12.000\n" +
      "floor 20.000\nours 25.000\nfloor 10.000\nours 11.000\n",
  );
  assertEquals(ringBytes, 4096);
  assertEquals(slices, { floor: [10, 20, 10], ours: [12, 25, 11] });
  const measured = new Measured();
  measured.add(slices);
  assertEquals(measured.ratio("ours", "floor")?.median, 1.2);
  assertEquals(measured.ns("ours")?.median, 12);
  assertEquals(measured.ns("lttng"), null);
});

Deno.test("the constant texts of a JSON line", () => {
  const line = '{"timestamp":"2026-01-31T12:34:56.000000007Z","host":"h",' +
    '"object":"/a","seq":12,"clock":"345","event":"message",' +
    '"message":"said \\"hi\\""}';
  assertEquals(jsonTexts(line, "/a", "/b"), [
    '{"timestamp":"',
    'Z","host":"h","object":"/b","seq":',
    ',"clock":"',
    '","event":"message","message":"',
    '"}\n',
  ]);
  assertThrows(() => jsonTexts("{}", "/a", "/b"), Error, "not as expected");
});

Deno.test("parts have names of their own", () => {
  const names = PARTS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  assert(names.every((name) => /^[a-z][a-z0-9-]*$/.test(name)));
});

Deno.test("of many processes those with the fastest floor are taken", () => {
  const floors = [17, 12, 11.9, 18, 12.1, 12, 16, 11.8];
  const all = floors.map((ns) => ({ floor: [ns, ns, 99], ours: [ns + 2] }));
  const taken = fastest(all).map(({ floor }) => floor[0]);
  assertEquals(taken, [11.8, 11.9, 12, 12, 12.1]);
});
