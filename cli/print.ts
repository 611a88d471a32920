// SPDX-License-Identifier: MIT
/**
 * Short texts on standard output.
 *
 * @module
 */

/** Prints a text; a closed pipe is no error. */
export function print(text: string): void {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) {
      bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
