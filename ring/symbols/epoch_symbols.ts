// SPDX-License-Identifier: MIT
/**
 * All that is known of the symbols of one epoch: what the guest published, and
 * what the host knows besides.
 *
 * @module
 */
import type { Symbols } from "../events/symbols.ts";
import { CachedSymbols } from "./cached_symbols.ts";
import {
  PublishedSymbols,
  type SymbolMemory,
  type SymbolText,
} from "./published_symbols.ts";
import type { SymbolSummary } from "./symbol_summary.ts";

/** Gives symbols that are preferred to those which the guest published. */
export interface SymbolSource {
  /**
   * Returns the symbols of a guest's kernel.
   *
   * @param summary What the guest says about its own, which tells where its
   * kernel lies; null if it says nothing.
   * @returns Null if there are none for this guest.
   */
  symbolsFor(summary: SymbolSummary | null): Symbols | null;
}

/** The symbols of one epoch. */
export class EpochSymbols {
  /** What the guest published. */
  readonly published: PublishedSymbols;
  #version = -1;
  #source: SymbolSource | null = null;
  #symbols: Symbols | null = null;

  /** See the constructor of `PublishedSymbols`. */
  constructor(memory: SymbolMemory, corrupt: () => void) {
    this.published = new PublishedSymbols(memory, corrupt);
  }

  /** Takes a text of the guest. */
  take(text: SymbolText): void {
    this.published.take(text);
  }

  /**
   * Returns the symbols.
   *
   * @param source Of the host; null if there is none.
   * @returns Null if none are known.
   */
  symbols(source: SymbolSource | null): Symbols | null {
    const { published } = this;
    if (published.version === this.#version && source === this.#source) {
      return this.#symbols;
    }
    this.#version = published.version;
    this.#source = source;
    const { summary } = published;
    const sources = [
      source?.symbolsFor(summary) ?? null,
      summary === null || summary.slices === 0 ? null : published,
    ].filter((each) => each !== null);
    return this.#symbols = sources.length === 0
      ? null
      : new CachedSymbols(sources);
  }
}
