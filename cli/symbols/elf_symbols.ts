// SPDX-License-Identifier: MIT
/**
 * Reads the functions in a vmlinux. Only its headers and its two tables of
 * symbols are read: one with debug information has hundreds of megabytes.
 *
 * Source: elf(5).
 *
 * @module
 */
import {
  isNameByte,
  SYMBOL_NAME_BYTES_MAX,
  SymbolTableBuilder,
} from "../../ring/symbols/symbol_table.ts";
import { ANCHOR_NAMES } from "./anchors.ts";
import { type FileSymbols, SYMBOLS_MAX } from "./file_symbols.ts";
import { isProvided, underscores } from "./preferred_name.ts";
import { SymbolFileError } from "./symbol_file_error.ts";

/** Reads a part of a file; fewer bytes are returned if it ends before that. */
export type ReadPart = (
  offset: number,
  bytes: number,
) => Uint8Array<ArrayBuffer>;

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
/** 64 bits, little endian. */
const CLASS = [2, 1];
const HEADER = { size: 64, sections: 40, sectionBytes: 58, sectionCount: 60 };
const SECTION = {
  size: 64,
  type: 4,
  flags: 8,
  address: 16,
  offset: 24,
  bytes: 32,
  link: 40,
};
const SYMBOL = { size: 24, name: 0, info: 4, section: 6, value: 8 };
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHF_ALLOC = 2;
const SHF_EXECINSTR = 4;
const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STB_WEAK = 2;
/** The largest tables that are read; those of large kernels have 10 MB. */
const TABLE_BYTES_MAX = 64 << 20;
/** Names that the kernel does not list: marks of compiler and assembler. */
const UNLISTED = /^(?:\$|\.L|L0|__crc_)/;

const ascii = new TextDecoder("latin1");

/** Tells whether a file is an ELF file, by its first bytes. */
export function isElf(start: Uint8Array): boolean {
  return MAGIC.every((byte, i) => start[i] === byte);
}

interface Section {
  readonly type: number;
  readonly flags: number;
  readonly address: bigint;
  readonly offset: number;
  readonly bytes: number;
  readonly link: number;
}

function number(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? -1 : Number(value);
}

function readSections(read: ReadPart): Section[] {
  const header = read(0, HEADER.size);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const known = header.length === HEADER.size &&
    CLASS.every((byte, i) => header[MAGIC.length + i] === byte);
  if (!known) {
    throw new SymbolFileError("is not an ELF file of 64 bits, little endian");
  }
  const offset = number(view, HEADER.sections);
  const count = view.getUint16(HEADER.sectionCount, true);
  const stride = view.getUint16(HEADER.sectionBytes, true);
  if (offset < HEADER.size || count === 0 || stride !== SECTION.size) {
    throw new SymbolFileError("has no table of sections");
  }
  const table = read(offset, count * SECTION.size);
  if (table.length < count * SECTION.size) throw new SymbolFileError("is cut");
  const rows = new DataView(table.buffer, table.byteOffset, table.length);
  return Array.from({ length: count }, (_, i) => {
    const at = i * SECTION.size;
    return {
      type: rows.getUint32(at + SECTION.type, true),
      flags: number(rows, at + SECTION.flags),
      address: rows.getBigUint64(at + SECTION.address, true),
      offset: number(rows, at + SECTION.offset),
      bytes: number(rows, at + SECTION.bytes),
      link: rows.getUint32(at + SECTION.link, true),
    };
  });
}

function readTable(
  read: ReadPart,
  { offset, bytes }: Section,
): Uint8Array<ArrayBuffer> {
  if (offset < 0 || bytes < 0 || bytes > TABLE_BYTES_MAX) {
    throw new SymbolFileError(
      `has a table of symbols of more than ${TABLE_BYTES_MAX} bytes`,
    );
  }
  const table = read(offset, bytes);
  if (table.length < bytes) throw new SymbolFileError("is cut");
  return table;
}

function isText({ flags }: Section): boolean {
  return (flags & SHF_ALLOC) !== 0 && (flags & SHF_EXECINSTR) !== 0;
}

/**
 * Reads the functions.
 *
 * @throws {SymbolFileError} saying what is wrong.
 */
export function readElfSymbols(read: ReadPart): FileSymbols {
  const sections = readSections(read);
  const symtab = sections.find(({ type }) => type === SHT_SYMTAB);
  const strtab = symtab && sections[symtab.link];
  if (symtab === undefined || strtab?.type !== SHT_STRTAB) {
    throw new SymbolFileError(
      "has no symbols: take the vmlinux of the kernel's debug package",
    );
  }
  const symbols = readTable(read, symtab);
  const names = readTable(read, strtab);
  const count = Math.floor(symbols.length / SYMBOL.size);
  if (count > SYMBOLS_MAX) {
    throw new SymbolFileError(`has more than ${SYMBOLS_MAX} symbols`);
  }
  const texts = sections.filter(isText);
  const room = count + texts.length;
  // Names may overlap in their table, so that together they are longer.
  const builder = new SymbolTableBuilder(room, 2 * names.length);
  const weak = new Uint8Array(room);
  const anchors = new Map<string, bigint>();
  const view = new DataView(
    symbols.buffer,
    symbols.byteOffset,
    symbols.byteLength,
  );
  let functions = 0;
  let nameBytes = 0;
  for (let i = 0; i < count; i++) {
    const at = i * SYMBOL.size;
    const info = view.getUint8(at + SYMBOL.info);
    const type = info & 15;
    const section = sections[view.getUint16(at + SYMBOL.section, true)];
    const start = view.getUint32(at + SYMBOL.name, true);
    const end = nameEnd(names, start);
    if (end < 0 || section === undefined) continue;
    const low = view.getUint32(at + SYMBOL.value, true);
    const high = view.getUint32(at + SYMBOL.value + 4, true);
    const name = ascii.decode(names.subarray(start, end));
    if (ANCHOR_NAMES.has(name)) {
      anchors.set(name, BigInt(high) << 32n | BigInt(low));
    }
    const isFunction = type === STT_FUNC || type === STT_NOTYPE;
    if (!isFunction || !isText(section)) continue;
    if (UNLISTED.test(name)) continue;
    nameBytes += end - start;
    if (nameBytes > 2 * names.length) {
      throw new SymbolFileError("has symbols whose names overlap");
    }
    weak[functions++] = info >>> 4 === STB_WEAK ? 1 : 0;
    builder.add(high, low, names, start, end);
  }
  if (functions === 0 || anchors.size === 0) {
    throw new SymbolFileError("is not a kernel: it has no _stext");
  }
  for (const { address, bytes } of texts) {
    const end = BigInt.asUintN(64, address + BigInt(Math.max(bytes, 0)));
    builder.addGap(Number(end >> 32n), Number(end & 0xffffffffn));
  }
  const table = builder.finish((one, other) => {
    const [a, b] = [builder.nameAt(one), builder.nameAt(other)];
    // The last: nm(1) sorts by name what has one address.
    return weak[one] - weak[other] ||
      Number(isProvided(a)) - Number(isProvided(b)) ||
      underscores(a) - underscores(b) || (a < b ? -1 : 1);
  });
  return { table, anchors, functions };
}

/**
 * Returns where the name ends that begins at `start`.
 *
 * @returns -1 if there is none, or if it is not a name.
 */
function nameEnd(names: Uint8Array, start: number): number {
  let end = start;
  while (end < names.length && isNameByte(names[end])) end++;
  const length = end - start;
  const whole = names[end] === 0 && length > 0;
  return whole && length <= SYMBOL_NAME_BYTES_MAX ? end : -1;
}
