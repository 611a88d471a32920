// SPDX-License-Identifier: MIT
/**
 * Names of addresses in the guest's kernel, as its own `%pS` prints them.
 *
 * @module
 */

/** The function, or other symbol, that an address lies in. */
export interface SymbolPlace {
  /** Its name: printable ASCII without blanks. */
  readonly name: string;
  /** How far behind its beginning the address is, in bytes. */
  readonly offsetBytes: bigint;
  /** Its size, in bytes; up to the next symbol if nothing says more. */
  readonly sizeBytes: bigint;
  /** The module it is in, printable ASCII; null for the kernel itself. */
  readonly module: string | null;
}

/** Finds symbols. */
export interface Symbols {
  /**
   * Returns the place of an address of 64 unsigned bits.
   *
   * @returns Null if no symbol contains it.
   */
  find(address: bigint): SymbolPlace | null;
}

/**
 * Returns "name+0x12/0x80 [module]", or "name [module]" without the offset.
 * Source: `__sprint_symbol` in the kernel's kernel/kallsyms.c.
 */
export function symbolPlaceText(
  { name, offsetBytes, sizeBytes, module }: SymbolPlace,
  withOffset: boolean,
): string {
  const offset = withOffset
    ? `+0x${offsetBytes.toString(16)}/0x${sizeBytes.toString(16)}`
    : "";
  return `${name}${offset}${module === null ? "" : ` [${module}]`}`;
}
