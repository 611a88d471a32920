// SPDX-License-Identifier: MIT
/**
 * How many tests passed, failed and were skipped, as `deno test` says it.
 *
 * @module
 */

/** Sums of one or more runs. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Sums of no run. */
export const NO_TESTS: TestCounts = { passed: 0, failed: 0, skipped: 0 };

/** The line with which `deno test` ends: "ok | 8 passed (3 steps) | 0 failed". */
const CLOSING = /^(?:ok|FAILED) \| (\d+) passed[^|]*\| (\d+) failed(.*)$/;

/** Reads the closing line of one run; null for any other line. */
export function countsIn(line: string): TestCounts | null {
  const [, passed, failed, rest] = CLOSING.exec(line) ?? [];
  if (passed === undefined) return null;
  const skipped = /\| (\d+) ignored/.exec(rest)?.[1] ?? 0;
  return {
    passed: Number(passed),
    failed: Number(failed),
    skipped: Number(skipped),
  };
}

/**
 * The counts of one run of `deno test`. A run that fails without a failed test,
 * since a file does not compile or the runner was killed, counts as one.
 *
 * @param counts From its closing line; null if it wrote none.
 * @param code Its exit code.
 */
export function countsOfRun(
  counts: TestCounts | null,
  code: number,
): TestCounts {
  const found = counts ?? NO_TESTS;
  return code !== 0 && found.failed === 0 ? { ...found, failed: 1 } : found;
}

/** The sums of several runs. */
export function sumOf(runs: readonly TestCounts[]): TestCounts {
  return runs.reduce((sum, { passed, failed, skipped }) => ({
    passed: sum.passed + passed,
    failed: sum.failed + failed,
    skipped: sum.skipped + skipped,
  }), NO_TESTS);
}

/** The one line that a task ends with. */
export function sumLine({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
