// SPDX-License-Identifier: MIT
/**
 * Prints the kernel's stacks as `trace_pipe` does.
 *
 * @module
 */
import { CUT, PRINTED_BYTES_MAX } from "./printer.ts";
import { symbolPlaceText, type Symbols } from "./symbols.ts";

/**
 * Returns an address as the kernel prints it: the function that it is in, or
 * the number if that is unknown.
 *
 * @param symbols Null if nothing is known of the guest's functions.
 * @param withOffset Whether to say where in the function it is.
 */
export function frameText(
  address: bigint,
  symbols: Symbols | null,
  withOffset: boolean,
): string {
  const place = symbols?.find(address) ?? null;
  return place === null
    ? `0x${address.toString(16)}`
    : symbolPlaceText(place, withOffset);
}

/**
 * Returns what `trace_pipe` prints of a stack, in several lines and without a
 * line end after the last one. Names are those of functions, without offsets, as
 * with the kernel's default options.
 *
 * Source: `trace_stack_print`, kernel/trace/trace_output.c.
 */
export function stackText(
  frames: readonly bigint[],
  symbols: Symbols | null,
): string {
  let text = "<stack trace>";
  for (const address of frames) {
    text += `\n => ${frameText(address, symbols, false)}`;
    if (text.length > PRINTED_BYTES_MAX) {
      return text.slice(0, PRINTED_BYTES_MAX) + CUT;
    }
  }
  return text;
}
