// SPDX-License-Identifier: MIT
/**
 * The colours of text.
 *
 * @module
 */

/** Returns the bytes that begin a colour. Source: ECMA-48, 8.3.117 (SGR). */
function sgr(codes: string): Uint8Array {
  return new TextEncoder().encode(`\x1b[${codes}m`);
}

/** Bytes that end every colour. */
export const COLOR_END: Uint8Array = sgr("0");

/** The colour of the names of objects and events. */
export const NAME_COLOR: Uint8Array = sgr("36");

/** The colour of stamps. */
export const STAMP_COLOR: Uint8Array = sgr("32");

/** The colour of changes of a guest's state. */
export const GUEST_COLOR: Uint8Array = sgr("1;35");

/** The colours of kernel messages by level, emerg first; null for none. */
export const LEVEL_COLORS: readonly (Uint8Array | null)[] = [
  sgr("7;31"),
  sgr("7;31"),
  sgr("1;31"),
  sgr("31"),
  sgr("33"),
  sgr("1"),
  null,
  sgr("2"),
];
