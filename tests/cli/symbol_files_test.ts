// SPDX-License-Identifier: MIT
// Tests the parsers of files that name a guest's functions.
import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { fitOf } from "../../cli/symbols/anchors.ts";
import { readElfSymbols } from "../../cli/symbols/elf_symbols.ts";
import type { FileSymbols } from "../../cli/symbols/file_symbols.ts";
import { SymbolFileError } from "../../cli/symbols/symbol_file_error.ts";
import { parseSymbolLines } from "../../cli/symbols/symbol_lines.ts";
import { symbolPlaceText } from "../../ring/events/symbols.ts";
import { halvesOf } from "../../ring/symbols/symbol_table.ts";
import { ELF_SYMBOLS, makeElf, SYSTEM_MAP } from "../support/symbols.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function nameIn({ table }: FileSymbols, address: bigint): string {
  const { high, low } = halvesOf(address);
  const place = table.find(high, low);
  return place === null ? "" : symbolPlaceText(place, true);
}

const elf = (bytes: Uint8Array<ArrayBuffer>) =>
  readElfSymbols((offset, count) => bytes.slice(offset, offset + count));

for (
  const [name, symbols] of [
    ["System.map", () => parseSymbolLines(utf8(SYSTEM_MAP))],
    ["vmlinux", () => elf(makeElf(ELF_SYMBOLS))],
  ] as const
) {
  Deno.test(`symbols: ${name} gives the names that the kernel prefers`, () => {
    const found = symbols();
    const names = [
      [0xffffffff80f00000n, "_stext+0x0/0x40"],
      [0xffffffff80f00041n, "do_idle+0x1/0xfc0"],
      // Neither the weak one nor the one with underscores.
      [0xffffffff80f01004n, "vfs_read+0x4/0x1"],
      [0xffffffff80f02810n, "ksys_read"],
      [0xffffffff80e00000n, ""],
      [0xffffffff90000000n, ""],
    ] as const;
    for (const [address, text] of names) {
      assertStringIncludes(`${nameIn(found, address)} `, text);
      assertEquals(nameIn(found, address) === "", text === "");
    }
    assertEquals(found.anchors.get("_stext"), 0xffffffff80f00000n);
    assertEquals(found.anchors.get("_etext"), 0xffffffff80f03000n);
  });
}

Deno.test("symbols: kallsyms, with modules and as root alone sees it", () => {
  const text = "ffffffffc0002000 t later\t[ext4]\n" +
    "ffffffffc0001000 t ext4_open\t[ext4]\n" +
    "ffffffffc0001000 t alias\t[ext4]\n" +
    "ffffffffc0003000 d data\t[ext4]\n" +
    "ffffffffc0009000 t bpf_prog_1\t[bpf]\n" +
    "ffffffffc000a000 t ftrace_trampoline\t[__builtin__ftrace]";
  const found = parseSymbolLines(utf8(SYSTEM_MAP + text));
  assertEquals(
    nameIn(found, 0xffffffffc0001001n),
    "ext4_open+0x1/0x1000 [ext4]",
  );
  assertEquals(nameIn(found, 0xffffffffc0002001n), "later+0x1/0x1000 [ext4]");
  assertEquals(nameIn(found, 0xffffffffc0003001n), "");
  // It ends with its page, because nothing is known behind it.
  assertEquals(nameIn(found, 0xffffffffc0009001n), "bpf_prog_1+0x1/0x1000");
  assertEquals(nameIn(found, 0xffffffffc000a001n), "");
  const hidden = text.replace(/^[0-9a-f]{16}/gm, "0".repeat(16));
  assertThrows(() => parseSymbolLines(utf8(hidden)), SymbolFileError, "hid");
});

Deno.test("symbols: files that are something else are refused", () => {
  const refuses = (text: string, says: string) =>
    assertThrows(() => parseSymbolLines(utf8(text)), SymbolFileError, says);
  refuses("", "names no function");
  refuses("ffffffff81000000 D data\n", "names no function");
  refuses(`${SYSTEM_MAP}\n`, "line 12 is not");
  for (
    const line of [
      "ffffffff8100000 T name",
      "ffffffff81000000 T ",
      "ffffffff81000000  T name",
      "FFFFFFFF81000000 T name",
      "ffffffff81000000 T na\x1bme",
      "ffffffff81000000 T name [ext4]",
      "ffffffff81000000 T name\text4",
      "ffffffff81000000 T name\t[ex t4]",
      "ffffffff81000000 T name\t[]",
      `ffffffff81000000 T name\t[${"m".repeat(64)}]`,
      `ffffffff81000000 T ${"n".repeat(512)}`,
      // What Debian has in place of System.map.
      "ffffffffffffffff B The real System.map is in the linux-image-dbg package",
    ]
  ) {
    refuses(`${line}\n`, "line 1 is not");
  }
});

Deno.test("symbols: an ELF file that is spoilt is refused", () => {
  const good = makeElf(ELF_SYMBOLS);
  const refuses = (bytes: Uint8Array<ArrayBuffer>, says: string) =>
    assertThrows(() => elf(bytes), SymbolFileError, says);
  const changed = (change: (view: DataView) => void) => {
    const bytes = good.slice();
    change(new DataView(bytes.buffer));
    return bytes;
  };
  const sections = Number(new DataView(good.buffer).getBigUint64(40, true));
  const symtab = sections + 3 * 64;
  refuses(good.slice(0, 60), "64 bits");
  refuses(good.with(4, 1), "64 bits");
  refuses(good.with(5, 2), "64 bits");
  refuses(good.slice(0, -1), "is cut");
  refuses(changed((view) => view.setUint16(60, 0, true)), "no table");
  refuses(changed((view) => view.setUint16(58, 40, true)), "no table");
  refuses(changed((view) => view.setUint32(symtab + 4, 8, true)), "no symbols");
  refuses(
    changed((view) => view.setUint32(symtab + 40, 99, true)),
    "no symbols",
  );
  const huge = BigInt(65 << 20);
  refuses(
    changed((view) => view.setBigUint64(symtab + 32, huge, true)),
    "more",
  );
  refuses(
    changed((view) => view.setBigUint64(symtab + 24, ~0n, true)),
    "more than",
  );
  refuses(makeElf([{ name: "init_module", value: 0n }]), "not a kernel");
  // Many symbols with one long name would take more memory than the file.
  const many = Array.from({ length: 64 }, () => ({ name: "a", value: 1n }));
  const long = makeElf([{ name: "n".repeat(500), value: 1n }, ...many]);
  const view = new DataView(long.buffer);
  for (let i = 1; i <= 65; i++) view.setUint32(64 + i * 24, 1, true);
  refuses(long, "overlap");
});

Deno.test("symbols: how far a kernel was moved", () => {
  const file = new Map([["_stext", 0x1000n], ["_etext", 0x9000n]]);
  const at = (name: string, address: bigint) => ({ name, address });
  assertEquals(fitOf(file, []), null);
  assertEquals(fitOf(file, [at("_end", 1n)]), null);
  assertEquals(fitOf(file, [at("_stext", 0x5000n), at("_etext", 0xd000n)]), {
    shift: 0x4000n,
  });
  assertEquals(fitOf(file, [at("_stext", 0x1000n)]), { shift: 0n });
  const other = fitOf(file, [at("_stext", 0x5000n), at("_etext", 0xe000n)]);
  assertMatch((other as { clash: string }).clash, /32768 bytes.*36864/);
  const askew = fitOf(file, [at("_stext", 0x5010n)]);
  assertMatch((askew as { clash: string }).clash, /within its page/);
});
