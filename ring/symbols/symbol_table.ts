// SPDX-License-Identifier: MIT
/**
 * Keeps symbols in little memory: four columns of numbers, and one buffer with
 * all names.
 *
 * @module
 */
import type { SymbolPlace } from "../events/symbols.ts";

/** The longest name of a symbol, as in the kernel: KSYM_NAME_LEN, without NUL. */
export const SYMBOL_NAME_BYTES_MAX = 511;
/** The longest name of a module, as in the kernel: MODULE_NAME_LEN. */
export const MODULE_NAME_BYTES_MAX = 63;
/** Of the modules in one table; their numbers have 16 bits. */
const MODULES_MAX = 0xffff;
/** What each symbol takes besides its name, in bytes. */
const ROW_BYTES = 14;
const HIGH = 0x1_0000_0000;
const LOW_BITS = 32n;

const ascii = new TextDecoder("latin1");

/** Tells whether a byte may be in a name: printable, and no blank. */
export function isNameByte(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f;
}

/** One symbol of a table, for those who list them. */
export interface SymbolRow {
  /** Where it begins. */
  readonly address: bigint;
  /** Empty for a place where no symbol is. */
  readonly name: string;
  /** Null for the kernel itself. */
  readonly module: string | null;
}

/**
 * Takes symbols, and makes a table of them. It takes no more memory than it was
 * told at its beginning.
 */
export class SymbolTableBuilder {
  readonly #most: number;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #nameEnds: Uint32Array;
  readonly #moduleOf: Uint16Array;
  readonly #names: Uint8Array;
  readonly #modules = new Map<string, number>();
  #count = 0;
  #nameBytes = 0;
  #module = 0;
  /** Whether they came in rising order, so that nothing has to be sorted. */
  #rising = true;

  /**
   * @param most How many symbols and gaps it takes at most.
   * @param nameBytes How many bytes their names have at most, together.
   */
  constructor(most: number, nameBytes: number) {
    this.#most = most;
    this.#high = new Uint32Array(most);
    this.#low = new Uint32Array(most);
    this.#nameEnds = new Uint32Array(most);
    this.#moduleOf = new Uint16Array(most);
    this.#names = new Uint8Array(nameBytes);
  }

  /** Whether it takes no more. */
  get full(): boolean {
    return this.#count === this.#most;
  }

  /**
   * Sets the module of the symbols that follow.
   *
   * @param name Up to `MODULE_NAME_BYTES_MAX` bytes; "" for the kernel.
   */
  setModule(name: string): void {
    if (name === "") this.#module = 0;
    else {
      const known = this.#modules.get(name);
      if (known === undefined && this.#modules.size < MODULES_MAX) {
        this.#modules.set(name, this.#modules.size + 1);
      }
      this.#module = this.#modules.get(name) ?? 0;
    }
  }

  /**
   * Adds a symbol, which ends where the next one, or a gap, begins.
   *
   * @param high High half of its address. @param low Low half of it.
   * @param from Holds its name, from `start` up to `end`: bytes of which
   * `isNameByte` is true, `SYMBOL_NAME_BYTES_MAX` at most. None makes a gap.
   */
  add(
    high: number,
    low: number,
    from: Uint8Array,
    start: number,
    end: number,
  ): void {
    const i = this.#count++;
    this.#high[i] = high;
    this.#low[i] = low;
    for (let at = start; at < end; at++) {
      this.#names[this.#nameBytes++] = from[at];
    }
    this.#nameEnds[i] = this.#nameBytes;
    this.#moduleOf[i] = start === end ? 0 : this.#module;
    if (
      i > 0 && (high < this.#high[i - 1] ||
        high === this.#high[i - 1] && low <= this.#low[i - 1])
    ) this.#rising = false;
  }

  /** Adds a place from which on there is no symbol. */
  addGap(high: number, low: number): void {
    this.add(high, low, this.#names, 0, 0);
  }

  /**
   * Makes the table. Of several symbols with one address it keeps the preferred
   * one.
   *
   * @param prefer Compares the places, in the order of addition, of two symbols
   * with the same address; by default the one that was added first is preferred.
   * A gap never is.
   */
  finish(prefer?: (one: number, other: number) => number): SymbolTable {
    const order = this.#rising ? null : this.#order(prefer);
    const count = order?.length ?? this.#count;
    const [high, low] = [new Uint32Array(count), new Uint32Array(count)];
    const [starts, ends] = [new Uint32Array(count), new Uint32Array(count)];
    const moduleOf = new Uint16Array(count);
    for (let i = 0; i < count; i++) {
      const from = order?.[i] ?? i;
      high[i] = this.#high[from];
      low[i] = this.#low[from];
      starts[i] = from === 0 ? 0 : this.#nameEnds[from - 1];
      ends[i] = this.#nameEnds[from];
      moduleOf[i] = this.#moduleOf[from];
    }
    return new SymbolTable(
      { high, low, starts, ends, moduleOf },
      this.#names.slice(0, this.#nameBytes),
      ["", ...this.#modules.keys()],
    );
  }

  /** Returns a symbol's name, by its place in the order of addition. */
  nameAt(place: number): string {
    const start = place === 0 ? 0 : this.#nameEnds[place - 1];
    return ascii.decode(this.#names.subarray(start, this.#nameEnds[place]));
  }

  /** Returns the places by address, with one for each address. */
  #order(prefer = (one: number, other: number) => one - other): Uint32Array {
    const isGap = (i: number) =>
      this.#nameEnds[i] === (i === 0 ? 0 : this.#nameEnds[i - 1]) ? 1 : 0;
    const order = new Uint32Array(this.#count).map((_, i) => i).sort((a, b) =>
      this.#high[a] - this.#high[b] || this.#low[a] - this.#low[b] ||
      isGap(a) - isGap(b) || (isGap(a) ? a - b : prefer(a, b))
    );
    return order.filter((place, i) =>
      i === 0 || this.#high[place] !== this.#high[order[i - 1]] ||
      this.#low[place] !== this.#low[order[i - 1]]
    );
  }
}

/** The columns of a table, by rising address. */
interface Columns {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly moduleOf: Uint16Array;
}

/** Symbols by address. */
export class SymbolTable {
  readonly #columns: Columns;
  readonly #names: Uint8Array;
  readonly #modules: readonly string[];

  /** Made by `SymbolTableBuilder.finish`. */
  constructor(
    columns: Columns,
    names: Uint8Array,
    modules: readonly string[],
  ) {
    this.#columns = columns;
    this.#names = names;
    this.#modules = modules;
  }

  /** How many symbols and gaps there are. */
  get count(): number {
    return this.#columns.low.length;
  }

  /** The memory that it takes. */
  get bytes(): number {
    return this.count * (ROW_BYTES + 4) + this.#names.length;
  }

  /**
   * Finds the place of an address, in some twenty steps.
   *
   * @param high High half of the address. @param low Low half of it.
   * @returns Null if no symbol contains it. The last symbol has no end, so that
   * it contains nothing: add a gap behind it.
   */
  find(high: number, low: number): SymbolPlace | null {
    const { high: highs, low: lows, starts, ends } = this.#columns;
    let first = 0; // the rows before it begin at the address or before it
    for (let last = lows.length; first < last;) {
      const middle = (first + last) >>> 1;
      const isLater = highs[middle] > high ||
        highs[middle] === high && lows[middle] > low;
      if (isLater) last = middle;
      else first = middle + 1;
    }
    const i = first - 1;
    if (i < 0 || first === lows.length || starts[i] === ends[i]) return null;
    const begin = this.addressAt(i);
    return {
      name: this.nameAt(i),
      offsetBytes: (BigInt(high) << LOW_BITS | BigInt(low)) - begin,
      sizeBytes: this.addressAt(first) - begin,
      module: this.moduleAt(i),
    };
  }

  /** Returns where a row begins. */
  addressAt(row: number): bigint {
    const { high, low } = this.#columns;
    return BigInt(high[row]) << LOW_BITS | BigInt(low[row]);
  }

  /** Returns a row's name; "" for a gap. */
  nameAt(row: number): string {
    const { starts, ends } = this.#columns;
    return ascii.decode(this.#names.subarray(starts[row], ends[row]));
  }

  /** Returns a row's module; null for the kernel. */
  moduleAt(row: number): string | null {
    return this.#modules[this.#columns.moduleOf[row]] || null;
  }

  /** Returns all rows, by address. */
  *rows(): Generator<SymbolRow> {
    for (let i = 0; i < this.count; i++) {
      const address = this.addressAt(i);
      yield { address, name: this.nameAt(i), module: this.moduleAt(i) };
    }
  }
}

/** Returns both halves of an address. */
export function halvesOf(address: bigint): { high: number; low: number } {
  const bits = BigInt.asUintN(64, address);
  return {
    high: Number(bits >> LOW_BITS),
    low: Number(bits & BigInt(HIGH - 1)),
  };
}
