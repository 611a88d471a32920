// SPDX-License-Identifier: MIT
/**
 * Reads environment variables, whose values may hold any bytes.
 *
 * @module
 */

/** Stands for a value that is invalid UTF-8; as a path, it leads to no file. */
const NO_TEXT = "\ufffd";

/**
 * Looks up a variable.
 *
 * @returns Undefined if it is not set; U+FFFD if its value is invalid UTF-8.
 */
export function environmentOf(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) return NO_TEXT;
    throw error;
  }
}
