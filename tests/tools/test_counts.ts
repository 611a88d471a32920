// SPDX-License-Identifier: MIT
/**
 * Counts the tests that passed, failed and were skipped, as `deno test` reports
 * it.
 *
 * @module
 */

/** The totals of one or more runs. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The totals of no run. */
export const NO_TESTS: TestCounts = { passed: 0, failed: 0, skipped: 0 };

/**
 * The line that `deno test` ends with: "ok | 8 passed (3 steps) | 0 failed".
 */
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
 * Returns the counts of one run of `deno test`. A run that fails without a
 * failed test, because a file does not compile or the runner was killed, counts
 * as one.
 *
 * @param counts The counts in its closing line; null if it wrote none.
 * @param code Its exit code.
 */
export function countsOfRun(
  counts: TestCounts | null,
  code: number,
): TestCounts {
  const found = counts ?? NO_TESTS;
  return code !== 0 && found.failed === 0 ? { ...found, failed: 1 } : found;
}

/** Returns the totals of several runs. */
export function sumOf(runs: readonly TestCounts[]): TestCounts {
  return runs.reduce((sum, { passed, failed, skipped }) => ({
    passed: sum.passed + passed,
    failed: sum.failed + failed,
    skipped: sum.skipped + skipped,
  }), NO_TESTS);
}

/** Returns the line that a task ends with. */
export function sumLine({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
