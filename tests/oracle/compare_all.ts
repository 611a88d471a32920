// SPDX-License-Identifier: MIT
/**
 * Compares many formats, with the constants of their kernel and without.
 *
 * @module
 */
import type { Compiler } from "./c_compile.ts";
import { compare, type Comparison } from "./compare.ts";
import { NO_CONSTANTS } from "./constants.ts";
import { type Case, judge } from "./judge.ts";

const differs = ({ verdicts }: Comparison) =>
  verdicts.some((v) => v.result === "different");

/**
 * Has gcc print all records, and compares what the reader prints. Where that
 * differs because the reader does not know a constant, it has to print what the
 * format itself says.
 *
 * @returns The comparisons, in the order of the cases.
 */
export async function compareAll(
  compiler: Compiler,
  cases: readonly Case[],
): Promise<Comparison[]> {
  const all = await judged(compiler, cases);
  const again = cases.filter((one) => differs(all.get(one.file)!));
  const without = await judged(
    compiler,
    again.map((one) => ({ ...one, constants: NO_CONSTANTS })),
  );
  return cases.map(({ file }) => {
    const first = all.get(file)!;
    const second = without.get(file);
    if (second === undefined) return first;
    const verdicts = first.verdicts.map((verdict, i) => {
      const other = second.verdicts[i];
      const use = verdict.result === "different" &&
        other.result !== "different";
      return use ? other : verdict;
    });
    return { ...first, verdicts };
  });
}

async function judged(
  compiler: Compiler,
  cases: readonly Case[],
): Promise<Map<Case["file"], Comparison>> {
  const all = new Map<Case["file"], Comparison>();
  await judge(compiler, cases, (one) => all.set(one.file, compare(one)));
  return all;
}
