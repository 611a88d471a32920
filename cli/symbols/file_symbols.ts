// SPDX-License-Identifier: MIT
/**
 * What a file of symbols holds, whatever its format.
 *
 * @module
 */
import type { SymbolTable } from "../../ring/symbols/symbol_table.ts";

/**
 * How many symbols a file may have: the largest kernels have some 200,000. It
 * bounds the memory, to 18 bytes for each and the names.
 */
export const SYMBOLS_MAX = 1_000_000;

/** The functions in a file. */
export interface FileSymbols {
  /** Those of the kernel, where the file has them. */
  readonly table: SymbolTable;
  /** Where the symbols of `ANCHOR_NAMES` lie, as far as the file has them. */
  readonly anchors: ReadonlyMap<string, bigint>;
  /** How many functions there are. */
  readonly functions: number;
}
