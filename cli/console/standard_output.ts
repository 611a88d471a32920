// SPDX-License-Identifier: MIT
/**
 * Prints short texts on standard output.
 *
 * @module
 */
import { syscallErrorOf } from "../../ffi/errors.ts";
import { escapeUtf16, replaceUnsafe } from "./unsafe_text.ts";

const STDOUT_NAME = "standard output";

/**
 * Prints a text; a closed pipe is not an error.
 *
 * @throws {SyscallError} if it cannot be written, such as ENOSPC.
 */
export function print(text: string): void {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) {
      bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    }
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return;
    throw syscallErrorOf(error, STDOUT_NAME) ?? error;
  }
}

/**
 * Formats a value as one line of JSON that is safe on a terminal. Unsafe
 * characters can only be within strings, where their escapes mean the same.
 */
export function jsonLine(value: unknown): string {
  return replaceUnsafe(JSON.stringify(value), escapeUtf16) + "\n";
}
