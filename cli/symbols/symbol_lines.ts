// SPDX-License-Identifier: MIT
/**
 * Parses the text of System.map and of /proc/kallsyms: lines of an address, a
 * type, a name, and perhaps a module in brackets.
 *
 * @module
 */
import {
  isNameByte,
  MODULE_NAME_BYTES_MAX,
  SYMBOL_NAME_BYTES_MAX,
  SymbolTableBuilder,
} from "../../ring/symbols/symbol_table.ts";
import { SymbolFileError } from "./symbol_file_error.ts";
import { ANCHOR_NAMES } from "./anchors.ts";
import { type FileSymbols, SYMBOLS_MAX } from "./file_symbols.ts";
import { isProvided, underscores } from "./preferred_name.ts";

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const OPEN = 0x5b;
const DIGITS = 16;
const PAGE_BYTES = 4096;
const HIGH = 0x1_0000_0000;
/** Types of functions; the last two are weak, which the kernel prefers less. */
const TEXT = "tTwW";
/** What the kernel lists as a module although its addresses are not of one. */
const TRAMPOLINES = "__builtin__";
/** Its programs are listed as a module's, but printed without one. */
const BPF = "bpf";

const ascii = new TextDecoder("latin1");

/** Takes lines. */
class LineParser {
  readonly #bytes: Uint8Array;
  readonly #builder: SymbolTableBuilder;
  readonly #weak: Uint8Array;
  readonly #isModules: Uint8Array;
  readonly anchors = new Map<string, bigint>();
  #count = 0;
  #functions = 0;
  /** The highest address so far. */
  #high = 0;
  #low = 0;
  #line = 0;

  constructor(bytes: Uint8Array, lines: number) {
    this.#bytes = bytes;
    this.#builder = new SymbolTableBuilder(lines + 1, bytes.length);
    this.#weak = new Uint8Array(lines + 1);
    this.#isModules = new Uint8Array(lines + 1);
  }

  line(start: number, end: number): void {
    this.#line++;
    const bytes = this.#bytes;
    const type = start + DIGITS + 1;
    const name = type + 2;
    if (name >= end || bytes[type - 1] !== SPACE || bytes[type + 1] !== SPACE) {
      this.#refuse();
    }
    const high = this.#half(start);
    const low = this.#half(start + DIGITS / 2);
    let nameEnd = name;
    while (nameEnd < end && isNameByte(bytes[nameEnd])) nameEnd++;
    const length = nameEnd - name;
    if (length === 0 || length > SYMBOL_NAME_BYTES_MAX) this.#refuse();
    const module = this.#module(nameEnd, end);
    // Addresses of a CPU's own variables count from 0, and are not looked up.
    if (high === 0 || module.startsWith(TRAMPOLINES)) return;
    const kind = TEXT.indexOf(String.fromCharCode(bytes[type]));
    const isNamed = kind >= 0;
    this.#builder.setModule(module === BPF ? "" : module);
    this.#weak[this.#count] = kind >= 2 ? 1 : 0;
    this.#isModules[this.#count] = module === "" ? 0 : 1;
    this.#builder.add(high, low, bytes, name, isNamed ? nameEnd : name);
    this.#count++;
    if (isNamed) this.#functions++;
    if (high > this.#high || high === this.#high && low > this.#low) {
      this.#high = high;
      this.#low = low;
    }
    if (module !== "" || length > 16 || bytes[name] !== 0x5f) return;
    const shown = ascii.decode(bytes.subarray(name, nameEnd));
    if (ANCHOR_NAMES.has(shown)) {
      this.anchors.set(shown, BigInt(high) << 32n | BigInt(low));
    }
  }

  finish(): FileSymbols {
    if (this.#functions === 0) {
      throw new SymbolFileError(
        "names no function, or the kernel that wrote it hid all addresses",
      );
    }
    const low = this.#low - this.#low % PAGE_BYTES + PAGE_BYTES;
    if (low < HIGH) this.#builder.addGap(this.#high, low);
    const table = this.#builder.finish((one, other) =>
      this.#isModules[one] || this.#isModules[other]
        ? one - other
        : this.#prefer(one, other)
    );
    return { table, anchors: this.anchors, functions: this.#functions };
  }

  /** Source: `compare_symbols` in the kernel's scripts/kallsyms.c. */
  #prefer(one: number, other: number): number {
    const weak = this.#weak[one] - this.#weak[other];
    if (weak !== 0) return weak;
    const [a, b] = [this.#builder.nameAt(one), this.#builder.nameAt(other)];
    return Number(isProvided(a)) - Number(isProvided(b)) ||
      underscores(a) - underscores(b) || one - other;
  }

  #half(at: number): number {
    let value = 0;
    for (let i = at; i < at + DIGITS / 2; i++) {
      const byte = this.#bytes[i];
      const digit = byte >= 0x30 && byte <= 0x39
        ? byte - 0x30
        : byte >= 0x61 && byte <= 0x66
        ? byte - 0x57
        : -1;
      if (digit < 0) this.#refuse();
      value = value * 16 + digit;
    }
    return value;
  }

  /** Returns the module behind a name; "" if there is none. */
  #module(at: number, end: number): string {
    if (at === end) return "";
    const text = ascii.decode(this.#bytes.subarray(at + 1, end));
    const fits = this.#bytes[at] === TAB && this.#bytes[at + 1] === OPEN &&
      text.length <= MODULE_NAME_BYTES_MAX + 2;
    const [, name] = fits ? /^\[([!-\\^-~]+)\]$/.exec(text) ?? [] : [];
    return name ?? this.#refuse();
  }

  #refuse(): never {
    throw new SymbolFileError(
      `line ${this.#line} is not an address, a type and a name, as System.map ` +
        "and kallsyms have them",
    );
  }
}

/**
 * Parses the text.
 *
 * @throws {SymbolFileError} saying what is wrong.
 */
export function parseSymbolLines(bytes: Uint8Array): FileSymbols {
  let lines = 0;
  for (const byte of bytes) if (byte === NEWLINE) lines++;
  if (lines > SYMBOLS_MAX) {
    throw new SymbolFileError(`has more than ${SYMBOLS_MAX} lines`);
  }
  const parser = new LineParser(bytes, lines + 1);
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    parser.line(start, end);
    start = end + 1;
  }
  return parser.finish();
}
