// SPDX-License-Identifier: MIT
/**
 * Short texts on standard output.
 *
 * @module
 */
import { escapeUtf16, replaceUnsafe } from "./unsafe_text.ts";

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

/**
 * A value as one line of JSON, safe on a terminal: what is unsafe there can
 * only be within strings, where its escape means the same.
 */
export function jsonLine(value: unknown): string {
  return replaceUnsafe(JSON.stringify(value), escapeUtf16) + "\n";
}
