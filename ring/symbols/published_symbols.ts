// SPDX-License-Identifier: MIT
/**
 * The symbols that a guest published in one epoch. What it wrote is parsed when
 * an address is first looked up, each text once.
 *
 * @module
 */
import { RingCorruptError } from "../errors.ts";
import type { SymbolPlace, Symbols } from "../events/symbols.ts";
import { ABI } from "../layout.ts";
import { parseSlice } from "./symbol_slice.ts";
import { parseSummary, type SymbolSummary } from "./symbol_summary.ts";
import { halvesOf, type SymbolRow, type SymbolTable } from "./symbol_table.ts";

/** The three lines before the payload of a text; see `ivring_meta_parse`. */
const HEAD_LINES = 3;
const NEWLINE = 0x0a;

/**
 * Memory for what is parsed of a guest's symbols, in bytes; those of a
 * distribution's kernel take 2.5 MB.
 */
export const SYMBOL_BYTES_MAX = 16 << 20;

/** Memory that the tables of several epochs share. */
export interface SymbolMemory {
  /** How many bytes are left. */
  leftBytes: number;
}

/** A text of symbols, as the guest published it. */
export interface SymbolText {
  readonly id: number;
  readonly text: Uint8Array<ArrayBuffer>;
}

/** A slice: its text, and what was parsed of it. */
interface Slice extends SymbolText {
  /** Undefined as long as it was not parsed; null if it is of no use. */
  table?: SymbolTable | null;
}

/** Tells whether a text of the metadata area is about symbols. */
export function isSymbolId(id: number): boolean {
  return id >= ABI.META_ID_SYMBOLS && id <= ABI.META_ID_LAST;
}

/** Returns what is behind the first three lines of a text. */
function payloadOf(text: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let at = 0;
  for (let line = 0; line < HEAD_LINES; line++) {
    at = text.indexOf(NEWLINE, at) + 1;
    if (at === 0) return new Uint8Array(0);
  }
  return text.subarray(at);
}

/** One epoch's symbols. */
export class PublishedSymbols implements Symbols {
  readonly #memory: SymbolMemory;
  readonly #corrupt: () => void;
  readonly #slices = new Map<number, Slice>();
  #summaryText: SymbolText | null = null;
  #summary: SymbolSummary | null | undefined = undefined;
  #version = 0;
  /** The slices that the summary names; null if that has to be found out. */
  #usedSlices: readonly Slice[] | null = null;

  /**
   * @param memory What the tables may take. @param corrupt Called for each text
   * that is not as PROTOCOL.md says, or finds no memory.
   */
  constructor(memory: SymbolMemory, corrupt: () => void) {
    this.#memory = memory;
    this.#corrupt = corrupt;
  }

  /** Grows when the guest publishes more. */
  get version(): number {
    return this.#version;
  }

  /** Takes a text, in place of an earlier one with the same id. */
  take(text: SymbolText): void {
    this.#version++;
    this.#usedSlices = null;
    if (text.id === ABI.META_ID_SYMBOLS) {
      this.#summaryText = text;
      this.#summary = undefined;
      return;
    }
    this.#free(this.#slices.get(text.id));
    this.#slices.set(text.id, { ...text });
  }

  /** What the guest says about its symbols; null if it says nothing valid. */
  get summary(): SymbolSummary | null {
    if (this.#summary === undefined) this.#summary = this.#parseSummary();
    return this.#summary;
  }

  /** Returns the texts as they were published: the summary, then the slices. */
  texts(): SymbolText[] {
    const slices = this.#used();
    return this.#summaryText === null ? [] : [this.#summaryText, ...slices];
  }

  /** Implements {@linkcode Symbols.find}. */
  find(address: bigint): SymbolPlace | null {
    const { high, low } = halvesOf(address);
    for (const slice of this.#used()) {
      const place = this.#tableOf(slice)?.find(high, low) ?? null;
      if (place !== null) return place;
    }
    return null;
  }

  /** Returns all symbols and gaps, slice by slice. */
  *rows(): Generator<SymbolRow> {
    for (const slice of this.#used()) yield* this.#tableOf(slice)?.rows() ?? [];
  }

  /** Gives back what its tables take. */
  forget(): void {
    for (const slice of this.#slices.values()) this.#free(slice);
    this.#slices.clear();
    this.#usedSlices = null;
  }

  /** Returns the slices that the summary names, in order. */
  #used(): readonly Slice[] {
    return this.#usedSlices ??= Array.from(
      { length: this.summary?.slices ?? 0 },
      (_, i) => this.#slices.get(ABI.META_ID_SYMBOLS + 1 + i),
    ).filter((slice) => slice !== undefined);
  }

  #free(slice: Slice | undefined): void {
    if (slice?.table) this.#memory.leftBytes += slice.table.bytes;
  }

  #parseSummary(): SymbolSummary | null {
    if (this.#summaryText === null) return null;
    return this.#parsed(this.#summaryText, parseSummary);
  }

  #tableOf(slice: Slice): SymbolTable | null {
    if (slice.table !== undefined) return slice.table;
    const table = this.#parsed(slice, parseSlice);
    slice.table = table;
    if (table === null) return null;
    if (table.bytes > this.#memory.leftBytes) {
      this.#corrupt();
      return slice.table = null;
    }
    this.#memory.leftBytes -= table.bytes;
    return table;
  }

  #parsed<T>(
    { text }: SymbolText,
    parse: (payload: Uint8Array<ArrayBuffer>) => T,
  ): T | null {
    if (text.length === 1 && text[0] === NEWLINE) return null; // withdrawn
    try {
      return parse(payloadOf(text));
    } catch (error) {
      if (!(error instanceof RingCorruptError)) throw error;
      this.#corrupt();
      return null;
    }
  }
}
