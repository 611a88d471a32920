// SPDX-License-Identifier: MIT
/**
 * `deno task oracle -- FOLDER...`: compares the reader's text of kernel events
 * with what the kernel's own expressions print, compiled by gcc.
 *
 * @module
 */
import { Compiler } from "./c_compile.ts";
import { compare, type Comparison } from "./compare.ts";
import { readFormats } from "./format_files.ts";
import { judge } from "./judge.ts";
import { detailsOf, tableOf } from "./report.ts";

async function main(paths: readonly string[]): Promise<void> {
  const files = paths.flatMap(readFormats);
  const folder = Deno.makeTempDirSync({ prefix: "ivring-oracle-" });
  const comparisons: Comparison[] = [];
  try {
    await judge(new Compiler("gcc", folder), files, (judged) => {
      comparisons.push(compare(judged));
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  console.log(tableOf(comparisons));
  const details = Deno.env.get("ORACLE_DETAILS");
  if (details) Deno.writeTextFileSync(details, detailsOf(comparisons));
}

await main(Deno.args.filter((arg) => arg !== "--"));
