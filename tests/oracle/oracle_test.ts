// SPDX-License-Identifier: MIT
/**
 * Compares the reader's text of kernel events with what the kernel's own
 * expressions print, compiled by gcc, on a selection of formats.
 */
import { assert, assertEquals } from "@std/assert";
import { FIXTURES, readFixture as readEvents } from "../support/events.ts";
import { datTest } from "../support/converted.ts";
import { haveTraceCmd } from "../support/trace_cmd.ts";
import { ccTest, type Workbench } from "../tools/cc.ts";
import { Compiler } from "./c_compile.ts";
import { compare } from "./compare.ts";
import { compareAll } from "./compare_all.ts";
import { constantsOf } from "./constants.ts";
import { ANYTHING } from "./differences.ts";
import { readFixture } from "./fixture.ts";
import { casesOf, judge, type Judged, runProgram } from "./judge.ts";
import { parseKernelFormat } from "./kernel_fields.ts";
import {
  detailsOf,
  differentIn,
  isFault,
  tableOf,
  toolTableOf,
} from "./report.ts";
import { judgeTraceCmd, PLAIN_LETTERS } from "./trace_cmd.ts";

let judgedFixture: Promise<Judged[]> | null = null;

/** Judges the fixture, once for all tests that look at the result. */
function judgeFixture(bench: Workbench): Promise<Judged[]> {
  return judgedFixture ??= (async () => {
    const all: Judged[] = [];
    const compiler = new Compiler(bench.compiler, bench.dir);
    await judge(compiler, casesOf(readFixture(), 1), (one) => all.push(one));
    return all;
  })();
}

ccTest("events: the reader prints what the kernel's expressions do", {
  gcc: true,
}, async (bench) => {
  const comparisons = await compareAll(
    new Compiler(bench.compiler, bench.dir),
    casesOf(readFixture(), 1),
  );
  const table = tableOf(comparisons);
  assertEquals(differentIn(comparisons), 0, detailsOf(comparisons));
  for (const { judged, refusal } of comparisons) {
    assertEquals([refusal, judged.refused], [null, null], judged.file.name);
  }
  const byFields = comparisons.filter((c) => !c.kernelStyle);
  assert(byFields.length <= comparisons.length / 50, table);
  assert(comparisons.length > 250, table);
});

const TOOL_TEST = "trace-cmd prints what the kernel's expressions do";

if (!haveTraceCmd()) datTest(TOOL_TEST, () => Promise.resolve());
else {
  ccTest(TOOL_TEST, { gcc: true }, async (bench) => {
    const cases = casesOf(readFixture(), 1, PLAIN_LETTERS);
    const compiler = new Compiler(bench.compiler, bench.dir);
    const all = await judgeTraceCmd(compiler, cases);
    assertEquals(all.filter(isFault), [], toolTableOf(all));
    const wrong = all.filter(({ result }) => result === "wrong").length;
    assert(wrong < all.length / 10, toolTableOf(all));
  });
}

/** Changes of formats which the reader gets, but not gcc. */
const WRONG: readonly (readonly [RegExp, string])[] = [
  [/\{ ?(0x0*)?[1248], /g, "{ 0x41, "],
  [/(: .*) >> 20\)/, "$1 >> 21)"],
  [/%08lx/, "%8lx"],
  [/%d/, "%u"],
  [/%s/, "%.3s"],
  [/ & /, " | "],
  [/ \? /, " == 7 ? "],
];

ccTest("control: a reader that prints something else is noticed", {
  gcc: true,
}, async (bench) => {
  const all = await judgeFixture(bench);
  for (const [find, replacement] of WRONG) {
    const results = all.flatMap((judged) => {
      const { file } = judged;
      const at = file.text.indexOf("print fmt: ");
      const print = file.text.slice(at).replace(find, replacement);
      const text = file.text.slice(0, at) + print;
      if (text === file.text) return [];
      const { verdicts } = compare({ ...judged, file: { ...file, text } });
      if (verdicts.length === 0) return [];
      return [verdicts.some((v) => v.result === "different")];
    });
    const noticed = results.filter((result) => result).length;
    assert(noticed > results.length / 2, `${find}`);
  }
});

/** Returns a pattern that has no addresses, and nothing that is not known. */
function patternOf(text: string): RegExp {
  const parts = text.replaceAll(/\b(?:0x)?[0-9a-f]{16}\b/g, ANYTHING).split(
    ANYTHING,
  )
    .map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(".*?")}\\s*$`, "s");
}

for (const series of FIXTURES) {
  ccTest(`control: gcc prints what Linux ${series} printed`, {
    gcc: true,
  }, async (bench) => {
    const { formats, records } = readEvents(series);
    const subjects = formats.map((text) => {
      const format = parseKernelFormat(text);
      const unknowns = { names: new Set<string>(), args: new Map() };
      return { index: format.id, format, unknowns };
    });
    const { program } = await new Compiler(bench.compiler, bench.dir)
      .compile("events", subjects, series === "6_1", constantsOf(series));
    const rows = records.map(({ id, data }) => ({
      subject: subjects.find((s) => s.index === id)!,
      bytes: Uint8Array.from(
        data.match(/../g)!,
        (digits) => parseInt(digits, 16),
      ),
    }));
    const printed = await runProgram(program, rows);
    let compared = 0;
    printed.forEach(({ text }, i) => {
      const { name, text: right } = records[i];
      if (rows[i].subject.unknowns.names.size > 0) return;
      compared++;
      assert(patternOf(text).test(right), `${name}: ${text}: ${right}`);
    });
    assert(compared > 70, `${compared} records`);
  });
}
