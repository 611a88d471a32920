// SPDX-License-Identifier: MIT
/**
 * Reads the arguments of a task's program.
 *
 * @module
 */

/**
 * Returns the arguments without the `--` that users of npm put before them.
 * `deno task` passes it on, and whatever follows it would not count as an
 * option.
 */
export function taskArgs(args: readonly string[] = Deno.args): string[] {
  return args[0] === "--" ? args.slice(1) : [...args];
}
