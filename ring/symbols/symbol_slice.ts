// SPDX-License-Identifier: MIT
/**
 * Parses a slice of the symbols that a guest published, strictly. PROTOCOL.md
 * describes it under "Symbols".
 *
 * @module
 */
import { RingCorruptError } from "../errors.ts";
import { gunzip, isGzip } from "./inflate.ts";
import {
  isNameByte,
  MODULE_NAME_BYTES_MAX,
  SYMBOL_NAME_BYTES_MAX,
  type SymbolTable,
  SymbolTableBuilder,
} from "./symbol_table.ts";

/** The longest slice, decompressed: some 6000 functions. */
export const SLICE_BYTES_MAX = 163840;
/**
 * How many times as long as compressed a slice may be. Real ones are 3.6 times as
 * long; without a limit, a guest that writes little would cost the reader much.
 */
const RATIO_MAX = 8;
/** Digits of an address, and of a symbol's size. */
const ADDRESS_DIGITS_MAX = 16;
const SIZE_DIGITS_MAX = 8;
const HIGH = 0x1_0000_0000;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const AT = 0x40;
const OPEN = 0x5b;
const CLOSE = 0x5d;

const ascii = new TextDecoder("latin1");

function refuse(line: Uint8Array, limit: string): never {
  const shown = ascii.decode(line.subarray(0, 64)).replace(/[^ -~]/g, "?");
  throw new RingCorruptError("symbols", shown, limit);
}

/** Returns the value of a hexadecimal digit; -1 if it is none. */
function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}

/** Returns how many digits there are from `at` on, below `end`. */
function digitsAt(bytes: Uint8Array, at: number, end: number): number {
  let count = 0;
  while (at + count < end && digitOf(bytes[at + count]) >= 0) count++;
  return count;
}

/** Returns the number of up to 8 digits. */
function numberAt(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let i = 0; i < digits; i++) value = value * 16 + digitOf(bytes[at + i]);
  return value;
}

/** Takes the lines of one slice. */
class SliceParser {
  readonly #bytes: Uint8Array;
  readonly #builder: SymbolTableBuilder;
  /** Where the next symbol begins; -1 as long as no line has said so. */
  #high = -1;
  #low = 0;

  constructor(bytes: Uint8Array, lines: number) {
    this.#bytes = bytes;
    // Each line is a symbol at most; a jump ends the one before it as well.
    this.#builder = new SymbolTableBuilder(lines + 1, bytes.length);
  }

  line(start: number, end: number): void {
    if (this.#bytes[start] === AT) this.#jump(start, end);
    else if (this.#bytes[start] === OPEN) this.#module(start, end);
    else this.#symbol(start, end);
  }

  finish(): SymbolTable {
    this.#end();
    return this.#builder.finish();
  }

  #jump(start: number, end: number): void {
    const digits = digitsAt(this.#bytes, start + 1, end);
    const fits = digits > 0 && digits <= ADDRESS_DIGITS_MAX;
    if (!fits || start + 1 + digits !== end) {
      refuse(this.#bytes.subarray(start, end), "@ and an address");
    }
    this.#end();
    const lows = Math.min(digits, SIZE_DIGITS_MAX);
    this.#high = numberAt(this.#bytes, start + 1, digits - lows);
    this.#low = numberAt(this.#bytes, end - lows, lows);
  }

  #module(start: number, end: number): void {
    const name = this.#bytes.subarray(start + 1, end - 1);
    const fits = end - start >= 2 && this.#bytes[end - 1] === CLOSE &&
      name.length <= MODULE_NAME_BYTES_MAX;
    if (!fits || !name.every((byte) => isNameByte(byte) && byte !== CLOSE)) {
      refuse(this.#bytes.subarray(start, end), "a module's name in brackets");
    }
    this.#builder.setModule(ascii.decode(name));
  }

  #symbol(start: number, end: number): void {
    const digits = digitsAt(this.#bytes, start, end);
    const size = numberAt(this.#bytes, start, digits);
    const name = Math.min(start + digits + 1, end);
    const isGap = start + digits === end;
    let fits = digits > 0 && digits <= SIZE_DIGITS_MAX && size > 0 &&
      (isGap || this.#bytes[name - 1] === SPACE && name < end) &&
      end - name <= SYMBOL_NAME_BYTES_MAX && this.#high >= 0;
    for (let i = name; i < end && fits; i++) fits = isNameByte(this.#bytes[i]);
    const low = this.#low + size;
    const high = low < HIGH ? this.#high : this.#high + 1;
    if (!fits || high >= HIGH) {
      refuse(
        this.#bytes.subarray(start, end),
        "a symbol's size and name, behind an address",
      );
    }
    this.#builder.add(this.#high, this.#low, this.#bytes, name, end);
    this.#high = high;
    this.#low = low % HIGH;
  }

  /** Ends the symbol before, if there is one. */
  #end(): void {
    if (this.#high >= 0) this.#builder.addGap(this.#high, this.#low);
  }
}

/**
 * Parses a slice.
 *
 * @param bytes Lines, or what gzip made of them.
 * @throws {RingCorruptError} naming the line.
 */
export function parseSlice(bytes: Uint8Array): SymbolTable {
  const mostBytes = Math.min(SLICE_BYTES_MAX, bytes.length * RATIO_MAX);
  const text = isGzip(bytes) ? gunzip(bytes, mostBytes) : bytes;
  let lines = 0;
  for (const byte of text) if (byte === NEWLINE) lines++;
  if (text.length > 0 && text[text.length - 1] !== NEWLINE) {
    refuse(text.subarray(text.lastIndexOf(NEWLINE) + 1), "a line end");
  }
  const parser = new SliceParser(text, lines);
  for (let start = 0; start < text.length;) {
    const end = text.indexOf(NEWLINE, start);
    parser.line(start, end);
    start = end + 1;
  }
  return parser.finish();
}
