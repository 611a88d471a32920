// SPDX-License-Identifier: MIT
/**
 * The functions in a trace.dat, as `/proc/kallsyms` lists them. Tools find the
 * function of an address by its beginning alone.
 *
 * @module
 */
import type { SymbolRow } from "../../ring/symbols/symbol_table.ts";

/** How many there are at most; tools read all of them before anything else. */
const ROWS_MAX = 300_000;
const DIGITS = 16;

/**
 * Returns the text.
 *
 * @param sources Those before others are preferred: of later ones, only modules
 * are taken.
 */
export function kallsymsText(
  sources: readonly { rows(): Iterable<SymbolRow> }[],
): string {
  const lines: string[] = [];
  for (const source of sources) {
    const isFirst = source === sources[0];
    for (const { address, name, module } of source.rows()) {
      if (name === "" || !isFirst && module === null) continue;
      if (lines.length === ROWS_MAX) break;
      const place = address.toString(16).padStart(DIGITS, "0");
      lines.push(
        `${place} t ${name}${module === null ? "" : `\t[${module}]`}\n`,
      );
    }
  }
  return lines.join("");
}
