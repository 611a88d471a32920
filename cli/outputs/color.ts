// SPDX-License-Identifier: MIT
/**
 * When text has colours, and which.
 *
 * @module
 */

/** What `--color` takes; the first by default. */
export const COLOR_CHOICES = ["auto", "always", "never"] as const;

/**
 * Whether text gets colours.
 *
 * @param choice One of `COLOR_CHOICES`.
 * @param terminal Whether the output is a terminal.
 * Source: no-color.org: NO_COLOR counts if it is set and not empty.
 */
export function isColored(choice: string, terminal: boolean): boolean {
  if (choice !== "auto") return choice === "always";
  return terminal && !Deno.env.get("NO_COLOR");
}

/** Bytes that begin a colour. Source: ECMA-48, 8.3.117 (SGR). */
function sgr(codes: string): Uint8Array {
  return new TextEncoder().encode(`\x1b[${codes}m`);
}

/** Bytes that end every colour. */
export const COLOR_END: Uint8Array = sgr("0");

/** Of names: objects and events. */
export const NAME_COLOR: Uint8Array = sgr("36");

/** Of stamps. */
export const STAMP_COLOR: Uint8Array = sgr("32");

/** Of kernel messages by level, emerg first; null for those in between. */
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
