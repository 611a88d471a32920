// SPDX-License-Identifier: MIT
/**
 * Decides whether text has colours.
 *
 * @module
 */
import { environmentOf } from "../environment.ts";

/** What `--color` takes; the first by default. */
export const COLOR_CHOICES = ["auto", "always", "never"] as const;

/**
 * Tells whether text gets colours. NO_COLOR counts if it is set and not empty,
 * and a terminal of the type "dumb" has no colours. Source: no-color.org;
 * terminfo(5).
 *
 * @param choice One of `COLOR_CHOICES`.
 * @param terminal Whether the output is a terminal.
 */
export function isColored(choice: string, terminal: boolean): boolean {
  if (choice !== "auto") return choice === "always";
  return terminal && !environmentOf("NO_COLOR") &&
    environmentOf("TERM") !== "dumb";
}
