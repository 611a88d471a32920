// SPDX-License-Identifier: MIT
/**
 * `deno task oracle -- FOLDER...`: compares the reader's text of kernel events
 * with what the kernel's own expressions print, compiled by gcc. A folder, or a
 * tar archive, has files SYSTEM/EVENT/format, such as a copy of
 * /sys/kernel/tracing/events.
 *
 *     --details FILE  write down all that is not equal
 *     --rounds N      make N records of each kind
 *     --trace-cmd     compare trace-cmd's report of a trace.dat instead
 *     --choose        write the fixture of the tests instead
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { Compiler } from "./c_compile.ts";
import type { Comparison } from "./compare.ts";
import { compareAll } from "./compare_all.ts";
import { writeFixture } from "./fixture.ts";
import { readFormats } from "./format_files.ts";
import { casesOf } from "./judge.ts";
import {
  detailsOf,
  differentIn,
  isFault,
  tableOf,
  toolDetailsOf,
  toolTableOf,
} from "./report.ts";
import { judgeTraceCmd, PLAIN_LETTERS } from "./trace_cmd.ts";

async function main(): Promise<number> {
  const options = parseArgs(Deno.args.filter((arg) => arg !== "--"), {
    string: ["details", "rounds"],
    boolean: ["choose", "trace-cmd"],
  });
  const files = options._.map(String).flatMap(readFormats);
  if (files.length === 0) throw new Error("which folders?");
  if (options.choose) {
    console.log(`${writeFixture(files)} formats are in the fixture now`);
    return 0;
  }
  const rounds = Number(options.rounds ?? 1);
  const details = (text: string) => {
    if (options.details) Deno.writeTextFileSync(options.details, text);
  };
  const folder = Deno.makeTempDirSync({ prefix: "ivring-oracle-" });
  const comparisons: Comparison[] = [];
  try {
    const compiler = new Compiler("gcc", folder);
    if (options["trace-cmd"]) {
      const cases = casesOf(files, rounds, PLAIN_LETTERS);
      const all = await judgeTraceCmd(compiler, cases);
      console.log(toolTableOf(all));
      details(toolDetailsOf(all));
      return all.some(isFault) ? 1 : 0;
    }
    const cases = casesOf(files, rounds);
    comparisons.push(...await compareAll(compiler, cases));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  console.log(tableOf(comparisons));
  details(detailsOf(comparisons));
  return differentIn(comparisons) === 0 ? 0 : 1;
}

Deno.exit(await main());
