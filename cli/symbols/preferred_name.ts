// SPDX-License-Identifier: MIT
/**
 * Which of several names of one address the kernel prints. Source:
 * `compare_symbols` in the kernel's scripts/kallsyms.c.
 *
 * @module
 */

/** Tells whether a linker script may have made the name, to mark a place. */
export function isProvided(name: string): boolean {
  return /^__(?:start_|stop_|end_|.+_start$|.+_end$)/.test(name);
}

/** Returns how many underscores a name begins with: fewer are preferred. */
export function underscores(name: string): number {
  return /^_*/.exec(name)![0].length;
}
