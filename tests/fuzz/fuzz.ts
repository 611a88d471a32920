// SPDX-License-Identifier: MIT
/**
 * The fuzzer's loop.
 *
 * @module
 */
import { makeBase } from "./base.ts";
import { type Case, makeCase } from "./mutate.ts";
import { Random } from "./random.ts";
import { count, runCase, type Tally } from "./run_case.ts";

/**
 * Runs the cases of `cases` seeds from `seed` on.
 *
 * @throws {Error} with the case as JSON, at the first promise that is broken.
 */
export function fuzz(
  seed: number,
  cases: number,
): { tally: Tally; seconds: number } {
  const base = makeBase(true);
  const scratch = new ArrayBuffer(base.bytes.length);
  const tally: Tally = new Map();
  const start = performance.now();
  for (let i = 0; i < cases; i++) {
    const each = makeCase(base, new Random(seed + i));
    count(tally, "mutations", each.patches.length + each.later.length);
    try {
      runCase(base, each, scratch, tally);
    } catch (error) {
      throw new Error(`seed ${seed + i}: ${JSON.stringify(each)}`, {
        cause: error,
      });
    }
  }
  return { tally, seconds: (performance.now() - start) / 1000 };
}

/** Runs one case of the corpus. */
export function replay(each: Case): void {
  const base = makeBase(each.described ?? false);
  runCase(base, each, new ArrayBuffer(base.bytes.length), new Map());
}
