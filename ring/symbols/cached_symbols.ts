// SPDX-License-Identifier: MIT
/**
 * Looks addresses up in several places, one after the other, and remembers what
 * was found: few functions are in most records.
 *
 * @module
 */
import type { SymbolPlace, Symbols } from "../events/symbols.ts";

/** How many addresses are remembered before all are forgotten. */
const REMEMBERED_MAX = 4096;

/** Symbols of several sources. */
export class CachedSymbols implements Symbols {
  readonly #sources: readonly Symbols[];
  readonly #found = new Map<bigint, SymbolPlace | null>();

  /** @param sources Those before others are preferred. */
  constructor(sources: readonly Symbols[]) {
    this.#sources = sources;
  }

  /** Implements {@linkcode Symbols.find}. */
  find(address: bigint): SymbolPlace | null {
    const known = this.#found.get(address);
    if (known !== undefined) return known;
    if (this.#found.size === REMEMBERED_MAX) this.#found.clear();
    let place: SymbolPlace | null = null;
    for (const source of this.#sources) {
      place = source.find(address);
      if (place !== null) break;
    }
    this.#found.set(address, place);
    return place;
  }
}
