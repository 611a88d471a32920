// SPDX-License-Identifier: MIT
/**
 * What is said of a guard.
 *
 * @module
 */

/** One guard. */
export interface Guard {
  /** What the guard protects from. */
  readonly name: string;
  /** The source file, relative to the repository. */
  readonly file: string;
  /** A text that is in the file exactly once. */
  readonly find: string;
  /** The text without the guard. */
  readonly replace: string;
  /**
   * The tests, relative to `tests/`; one of them must fail without the guard.
   */
  readonly tests: string;
}

type Row = [name: string, find: string, replace: string];

/** Lists the guards of one file, which the same tests need. */
export const of = (
  file: string,
  tests: string,
  rows: readonly Row[],
): Guard[] =>
  rows.map(([name, find, replace]) => ({ name, file, find, replace, tests }));
