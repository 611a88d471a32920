// SPDX-License-Identifier: MIT
/**
 * Symbols for tests: as a guest publishes them, and as files of the host.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { ABI } from "../../ring/layout.ts";
import type { RegionWriter } from "../../ring/writer/writer.ts";

const encoder = new TextEncoder();

/** Returns bytes as gzip makes them of a pipe. */
export function gzipped(
  content: string | Uint8Array,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(content));
}

/** Returns a text of symbols: three lines, and what is behind them. */
export function symbolText(
  id: number,
  payload: string | Uint8Array,
): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(`system: symbols\nname: kernel\nID: ${id}\n`);
  const body = typeof payload === "string" ? encoder.encode(payload) : payload;
  const text = new Uint8Array(head.length + body.length);
  text.set(head);
  text.set(body, head.length);
  return text;
}

/** Returns the lines of a summary. */
export function summaryText({
  state = "complete",
  slices = 1,
  symbols = 4,
  needed = 1000,
  anchors = ["ffffffff81000000 _stext", "ffffffff81003000 _etext"],
} = {}): string {
  return `state: ${state}\nslices: ${slices}\nsymbols: ${symbols}\n` +
    `needed: ${needed}\n` +
    anchors.map((anchor) => `anchor: ${anchor}\n`).join("");
}

/** Four functions from 0xffffffff81000000 on, and one of a module. */
export const SLICE = `@ffffffff81000000
40 _stext
fc0 do_idle
1000 vfs_read
800
800 ksys_read
@ffffffffc0001000
[ext4]
50 ext4_open
`;

/** Returns a slice that gzip makes about a third of, with so many functions. */
export function longSlice(functions: number): string {
  let random = 1;
  const next = () => random = Math.imul(random, 1664525) + 1013904223 >>> 0;
  const lines = Array.from(
    { length: functions },
    () => `${(next() % 4095 + 1).toString(16)} do_${next().toString(36)}\n`,
  );
  return `@ffffffff81000000\n${lines.join("")}`;
}

/** Publishes a summary and slices, as `ivring-trace` does. */
export function publishSymbols(
  writer: RegionWriter,
  slices: readonly (string | Uint8Array)[] = [SLICE],
  summary: string = summaryText({ slices: slices.length }),
): void {
  const first = ABI.META_ID_SYMBOLS;
  slices.forEach((slice, i) =>
    writer.describe(first + 1 + i, symbolText(first + 1 + i, slice))
  );
  writer.describe(first, symbolText(first, summary));
}

/** The same kernel in System.map, 1 MiB before where `SLICE` has it. */
export const SYSTEM_MAP = `0000000000000000 D fixed_percpu_data
ffffffff80f00000 T _stext
ffffffff80f00000 T _text
ffffffff80f00040 t do_idle
ffffffff80f01000 W __weak_read
ffffffff80f01000 T __vfs_read
ffffffff80f01000 T vfs_read
ffffffff80f02000 d some_data
ffffffff80f02800 T ksys_read
ffffffff80f03000 T _etext
ffffffff80f10000 B _end
`;

/** A symbol of `makeElf`. */
export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  /** ELF's type; 2, a function, if not given. */
  readonly type?: number;
  /** Whether it is in the section of data. */
  readonly data?: boolean;
  /** ELF's binding; 1, global, if not given. */
  readonly binding?: number;
}

const HEADER = 64;
const SECTION = 64;
const SYMBOL = 24;

/**
 * Makes an ELF file of 64 bits, with the sections nothing, text, data, symtab
 * and strtab.
 *
 * @param text Where the section of text begins, and its size.
 */
export function makeElf(
  symbols: readonly ElfSymbol[],
  text: { address: bigint; bytes: number } = {
    address: 0xffffffff80f00000n,
    bytes: 0x3000,
  },
): Uint8Array<ArrayBuffer> {
  const names = encoder.encode(
    "\0" + symbols.map(({ name }) => `${name}\0`).join(""),
  );
  const symtab = HEADER;
  const strtab = symtab + (symbols.length + 1) * SYMBOL;
  const sections = (strtab + names.length + 7) & -8;
  const bytes = new Uint8Array(sections + 5 * SECTION);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setBigUint64(40, BigInt(sections), true);
  view.setUint16(58, SECTION, true);
  view.setUint16(60, 5, true);
  bytes.set(names, strtab);
  let at = 1;
  symbols.forEach(({ name, value, type = 2, data, binding = 1 }, i) => {
    const row = symtab + (i + 1) * SYMBOL;
    view.setUint32(row, at, true);
    view.setUint8(row + 4, binding << 4 | type);
    view.setUint16(row + 6, data ? 2 : 1, true);
    view.setBigUint64(row + 8, value, true);
    at += name.length + 1;
  });
  const section = (
    i: number,
    [type, flags, address, offset, size, link]: readonly [
      number,
      number,
      bigint,
      number,
      number,
      number,
    ],
  ) => {
    const row = sections + i * SECTION;
    view.setUint32(row + 4, type, true);
    view.setBigUint64(row + 8, BigInt(flags), true);
    view.setBigUint64(row + 16, address, true);
    view.setBigUint64(row + 24, BigInt(offset), true);
    view.setBigUint64(row + 32, BigInt(size), true);
    view.setUint32(row + 40, link, true);
  };
  section(1, [1, 6, text.address, 0, text.bytes, 0]);
  section(2, [1, 3, text.address + BigInt(text.bytes), 0, 0x1000, 0]);
  section(3, [2, 0, 0n, symtab, (symbols.length + 1) * SYMBOL, 4]);
  section(4, [3, 0, 0n, strtab, names.length, 0]);
  return bytes;
}

/** The symbols of `SYSTEM_MAP` in an ELF file. */
export const ELF_SYMBOLS: readonly ElfSymbol[] = [
  { name: "vfs_read", value: 0xffffffff80f01000n },
  { name: "_stext", value: 0xffffffff80f00000n, type: 0 },
  { name: "__vfs_read", value: 0xffffffff80f01000n },
  { name: "__weak_read", value: 0xffffffff80f01000n, binding: 2 },
  { name: "do_idle", value: 0xffffffff80f00040n, binding: 0 },
  { name: "ksys_read", value: 0xffffffff80f02800n },
  { name: "$x", value: 0xffffffff80f02900n, type: 0 },
  { name: "some_data", value: 0xffffffff80f03000n, type: 1, data: true },
  { name: "_etext", value: 0xffffffff80f03000n, type: 0 },
  { name: "bad name", value: 0xffffffff80f02a00n },
];
