// SPDX-License-Identifier: MIT
/**
 * The part of `@std/cli/parse-args` 1.x that this project uses: options built
 * at run time, so the official function's literal types do not help and its
 * general result type is what both import maps give.
 *
 * @module
 */

/** Result for options that are not known when the program is checked. */
export interface Args {
  /** Arguments that are no options. */
  _: Array<string | number>;
  // deno-lint-ignore no-explicit-any
  [name: string]: any;
}

/** The options of {@linkcode parseArgs} that this project uses. */
export interface ParseOptions {
  alias?: Record<string, string | string[]>;
  boolean?: string[];
  string?: string[];
  collect?: string[];
  default?: Record<string, unknown>;
  stopEarly?: boolean;
  /** Return false to leave the argument out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Parse command line arguments. */
export function parseArgs(args: string[], options?: ParseOptions): Args;
