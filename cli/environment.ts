// SPDX-License-Identifier: MIT
/**
 * The environment, in which values may be any bytes.
 *
 * @module
 */

/** Stands for a value that is invalid UTF-8: no path leads there. */
const NO_TEXT = "\ufffd";

/**
 * Looks up a variable.
 *
 * @returns Undefined if it is not set; U+FFFD where it is invalid UTF-8.
 */
export function environmentOf(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) return NO_TEXT;
    throw error;
  }
}
