// SPDX-License-Identifier: MIT
/**
 * The error about a file of symbols.
 *
 * @module
 */

/**
 * Says what is wrong with a file of symbols, in words that follow its path.
 */
export class SymbolFileError extends Error {
  override readonly name = "SymbolFileError";
}
