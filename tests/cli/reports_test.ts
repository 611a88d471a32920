// SPDX-License-Identifier: MIT
/** Tests that reports of every kind are joined whole, and what JSON says of them. */
import {
  assert,
  assertEquals,
  AssertionError,
  assertThrows,
} from "@std/assert";
import { JSON_FORMAT } from "../../cli/formats/json.ts";
import { OopsJoiner } from "../../cli/printing/oops_joiner.ts";
import { REPORT_KINDS } from "../../cli/reports/report_kinds.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { klogOf, printed } from "../support/records.ts";
import { REPORT_SAMPLES } from "../support/reports/mod.ts";
import {
  linesOfSample,
  type ReportSample,
  type SampleLine,
} from "../support/reports/sample.ts";

/** Lines as drivers and programs print them on other CPUs. */
const ORDINARY: readonly SampleLine[] = [
  { level: 6, text: "crow 0000:00:05.0 eth7: NIC Link is Up 1000 Mbps" },
  { level: 4, text: "usb 1-1: device descriptor read/64, error -71" },
  { level: 6, text: "Adding 1048572k swap on /dev/sda2.  Priority:-2" },
  { level: 3, text: "EXT4-fs error (device sda1): comm finch: bad block" },
  { level: 5, text: "random: crng init done" },
  { level: 7, text: "device eth7 entered promiscuous mode" },
];

interface Joined {
  readonly message: string;
  readonly report?: Record<string, unknown>;
}

/** Feeds lines that are 1 ms apart, and returns what JSON prints. */
function joined(lines: readonly SampleLine[]): Joined[] {
  const out: RecordView[] = [];
  const joiner = new OopsJoiner((record) => out.push({ ...record }), () => 0);
  lines.forEach(({ level, text }, i) =>
    joiner.record(
      klogOf({
        seq: BigInt(i),
        timeUs: BigInt(5_000_000 + i * 1000),
        priority: level,
        text,
      }),
    )
  );
  joiner.release(true);
  assert(!joiner.held);
  assertEquals(
    out.reduce((sum, { records }) => sum + records, 0),
    lines.length,
  );
  return printed(JSON_FORMAT, out).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
}

/** Puts the id of a caller in front of lines. */
const by = (caller: string, lines: readonly SampleLine[]): SampleLine[] =>
  lines.map(({ level, text }) => ({
    level,
    text: `[${caller.padStart(6)}] ${text}`,
  }));

const textOf = (lines: readonly SampleLine[]) =>
  lines.map(({ text }) => text).join("\n");

/** Puts another line behind each line but the last. */
function mixed(
  lines: readonly SampleLine[],
  others: readonly SampleLine[],
): SampleLine[] {
  return lines.flatMap((line, i) =>
    i === lines.length - 1 ? [line] : [line, others[i % others.length]]
  );
}

/** Returns the only report, after checking that nothing else got into it. */
function theReport(
  all: readonly Joined[],
  lines: readonly SampleLine[],
): Record<string, unknown> {
  const [found, ...more] = all.filter(({ report }) => report !== undefined);
  assert(found !== undefined, "there is no report");
  assertEquals(found.message, textOf(lines));
  assertEquals(more.map(({ message }) => message), []);
  return found.report!;
}

/** The members of JSON that a sample expects. */
function expected(sample: ReportSample): Record<string, unknown> {
  const { kind, headline, task, cpu, at, trace, panic } = sample;
  const slash = task?.lastIndexOf("/") ?? 0;
  return {
    kind,
    headline,
    task: task === undefined ? null : {
      comm: task.slice(0, slash),
      pid: Number(task.slice(slash + 1)),
    },
    cpu: cpu ?? null,
    at: at ?? null,
    trace: trace ?? [],
    panic: panic ?? null,
    levels: linesOfSample(sample).flatMap(({ level, text }) =>
      text.split("\n").map(() => level)
    ),
  };
}

const [FIRST, LAST] = ORDINARY;

for (const sample of REPORT_SAMPLES) {
  const lines = linesOfSample(sample);

  Deno.test(`joined whole: ${sample.name}`, () => {
    const all = joined([FIRST, ...lines, LAST]);
    assertEquals(
      all.map(({ message }) => message),
      [FIRST.text, textOf(lines), LAST.text],
    );
    assertEquals(theReport(all, lines), expected(sample));
  });

  Deno.test(`joined whole, with ids of callers: ${sample.name}`, () => {
    for (const caller of ["T77", "C3", "T1234567"]) {
      const marked = by(caller, [FIRST, ...lines, LAST]);
      const all = joined(marked);
      assertEquals(all.map(({ message }) => message), [
        marked[0].text,
        textOf(marked.slice(1, -1)),
        marked.at(-1)!.text,
      ]);
      assertEquals(theReport(all, marked.slice(1, -1)), expected(sample));
    }
  });

  Deno.test(`joined whole among other CPUs' lines: ${sample.name}`, () => {
    for (let from = 0; from < ORDINARY.length; from++) {
      const others = [...ORDINARY.slice(from), ...ORDINARY.slice(0, from)];
      theReport(joined([FIRST, ...mixed(lines, others), LAST]), lines);
    }
    const marked = by("T77", lines);
    const all = joined(mixed(marked, by("C1", ORDINARY)));
    assertEquals(theReport(all, marked), expected(sample));
  });

  Deno.test(`joined twice, and beside another: ${sample.name}`, () => {
    const twice = joined([...lines, ...lines]);
    // A firmware's errors, and what a device says, have no beginning.
    const endless = sample.kind === "hardware_error" &&
      sample.panic === undefined;
    assertEquals(
      twice.map(({ message }) => message),
      endless ? [textOf([...lines, ...lines])] : [textOf(lines), textOf(lines)],
    );
    const [one, two] = [by("T77", lines), by("C3", lines)];
    const both = joined(one.flatMap((line, i) => [line, two[i]]));
    assertEquals(
      both.map(({ message }) => message).toSorted(),
      [textOf(one), textOf(two)].toSorted(),
    );
  });
}

Deno.test("control: a report with a line too few, or one too many, is noticed", () => {
  for (const sample of REPORT_SAMPLES) {
    const lines = linesOfSample(sample);
    const all = joined(lines);
    assertThrows(() => theReport(all, lines.slice(0, -1)), AssertionError);
    assertThrows(() => theReport(all, [...lines, LAST]), AssertionError);
    if (lines.length < 3) continue;
    const without = joined(lines.toSpliced(-2, 1));
    assertThrows(() => theReport(without, lines), AssertionError);
  }
});

Deno.test("whatever lines come in whatever order, each comes out once", () => {
  const all = REPORT_SAMPLES.flatMap(linesOfSample).concat(ORDINARY);
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48271) % 0x7fffffff;
    return seed % below;
  };
  for (const callers of [[], ["T1", "C0"], ["T1", "T2", "C0", "C1"]]) {
    // Runs of successive lines, so that reports get somewhere.
    const lines = Array.from({ length: 600 }, () => {
      const from = random(all.length);
      const some = all.slice(from, from + 1 + random(20));
      return callers.length === 0
        ? some
        : by(callers[random(callers.length)], some);
    }).flat();
    const messages = joined(lines).map(({ message }) => message).join("\n");
    assertEquals(
      messages.split("\n").toSorted(),
      textOf(lines).split("\n").toSorted(),
    );
  }
});

Deno.test("there are samples of every kind, and more than forty", () => {
  const names = new Set(REPORT_SAMPLES.map(({ kind }) => kind));
  const kinds = new Set(REPORT_KINDS.map(({ name }) => name));
  assertEquals([...kinds].filter((each) => !names.has(each)), []);
  assert(REPORT_SAMPLES.length >= 40, `${REPORT_SAMPLES.length} samples`);
});
