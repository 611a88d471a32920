// SPDX-License-Identifier: MIT
/**
 * Tells what was not understood of the formats of kernel events.
 *
 * @module
 */
import type { EventFormat } from "./event_format.ts";

/** An event of which something was not understood. */
export interface FormatProblem {
  /** "SYSTEM:NAME", or "event ID" if its format was refused. */
  readonly event: string;
  /** What it is, in words; the guest chose the names in them. */
  readonly problems: readonly string[];
}

/**
 * Returns what of a format was not understood; null if all was. Fields of an
 * argument that was not understood are printed by name.
 */
export function problemOf(format: EventFormat): FormatProblem | null {
  const { system, name, print, fields } = format;
  const unusable = print === null && fields.length > 0;
  const problems = unusable ? ["its print format"] : print?.unknown ?? [];
  if (problems.length === 0) return null;
  return { event: `${system}:${name}`, problems: [...new Set(problems)] };
}

/** Returns a problem in one line. */
export function problemText({ event, problems }: FormatProblem): string {
  return `${event}: not understood: ${problems.join("; ")}`;
}
