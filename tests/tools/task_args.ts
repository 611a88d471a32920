// SPDX-License-Identifier: MIT
/**
 * What a task's program was started with.
 *
 * @module
 */

/**
 * The arguments without the `--` that npm's users put before them: `deno task`
 * hands that on, and what is behind it would count as no option.
 */
export function taskArgs(args: readonly string[] = Deno.args): string[] {
  return args[0] === "--" ? args.slice(1) : [...args];
}
