// SPDX-License-Identifier: MIT
/**
 * The part of `@std/cli/parse-args` 1.x that this project uses. Its options are
 * built at run time, so that the literal types of the official function do not
 * help, and its general result type is what both import maps give.
 *
 * @module
 */

/** Result for options that are not known when the program is checked. */
export interface Args {
  /** Arguments that are not options. */
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
  /** Returns false to leave the argument out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Parses command line arguments. */
export function parseArgs(args: string[], options?: ParseOptions): Args;
