// SPDX-License-Identifier: MIT
// Bends slices, summaries and files of symbols at random: all they may do is to
// be refused by name.
import { assert } from "@std/assert";
import { readElfSymbols } from "../../cli/symbols/elf_symbols.ts";
import { SymbolFileError } from "../../cli/symbols/symbol_file_error.ts";
import { parseSymbolLines } from "../../cli/symbols/symbol_lines.ts";
import { RingCorruptError } from "../../ring/errors.ts";
import { parseSlice } from "../../ring/symbols/symbol_slice.ts";
import { parseSummary } from "../../ring/symbols/symbol_summary.ts";
import {
  ELF_SYMBOLS,
  gzipped,
  longSlice,
  makeElf,
  SLICE,
  summaryText,
  SYSTEM_MAP,
} from "../support/symbols.ts";
import { Random } from "./random.ts";

const CASES = 4000;

type Bytes = Uint8Array<ArrayBuffer>;

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

/** What is bent, and what parses it. */
const SUBJECTS: readonly [
  name: string,
  good: Bytes,
  parse: (b: Bytes) => void,
][] = [
  ["slice", utf8(SLICE.repeat(3)), parseSlice],
  ["compressed slice", gzipped(longSlice(60)), parseSlice],
  ["summary", utf8(summaryText()), parseSummary],
  ["System.map", utf8(SYSTEM_MAP), parseSymbolLines],
  [
    "vmlinux",
    makeElf(ELF_SYMBOLS),
    (bytes) => readElfSymbols((at, count) => bytes.slice(at, at + count)),
  ],
];

/** Changes some bytes, most of them by one bit; cuts it now and then. */
function bent(good: Bytes, random: Random): Bytes {
  const bytes = good.slice(
    0,
    random.oneIn(8) ? random.below(good.length) : undefined,
  );
  for (
    let count = 1 + random.below(3);
    count > 0 && bytes.length > 0;
    count--
  ) {
    const at = random.below(bytes.length);
    bytes[at] = random.oneIn(2)
      ? random.below(256)
      : bytes[at] ^ 1 << random.below(8);
  }
  return bytes;
}

for (const [name, good, parse] of SUBJECTS) {
  Deno.test(`whatever a ${name} holds: ${CASES} cases`, () => {
    let refused = 0;
    for (let seed = 0; seed < CASES; seed++) {
      try {
        parse(bent(good, new Random(seed)));
      } catch (error) {
        const isKnown = error instanceof RingCorruptError ||
          error instanceof SymbolFileError;
        if (!isKnown) throw new Error(`seed ${seed}`, { cause: error });
        assert(/^[ -~]*$/.test(error.message), error.message);
        refused++;
      }
    }
    assert(refused > CASES / 20, `${refused} are refused`);
  });
}
