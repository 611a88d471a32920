// SPDX-License-Identifier: MIT
/**
 * Opens a file of symbols, whatever its format.
 *
 * @module
 */
import { FileReader } from "../../ffi/file_reader.ts";
import type { Libc } from "../../ffi/libc.ts";
import { explained } from "../console/explain.ts";
import { CommandError } from "../errors.ts";
import { isElf, readElfSymbols } from "./elf_symbols.ts";
import type { FileSymbols } from "./file_symbols.ts";
import { SymbolFileError } from "./symbol_file_error.ts";
import { parseSymbolLines } from "./symbol_lines.ts";

/** The longest text that is read; those of large kernels have 15 MB. */
const TEXT_BYTES_MAX = 64 << 20;
const START_BYTES = 0x206;
/** How files begin that are packed: kernels as they are booted, gzip, xz, zstd. */
const PACKED: readonly (readonly number[])[] = [
  [0x4d, 0x5a],
  [0x1f, 0x8b],
  [0xfd, 0x37, 0x7a],
  [0x28, 0xb5, 0x2f, 0xfd],
];
/** An older x86 kernel has this text instead, at this place: "HdrS". */
const BOOT_MAGIC = [0x48, 0x64, 0x72, 0x53];
const BOOT_PLACE = 0x202;

/** A file, and the functions in it. */
export interface SymbolFile extends FileSymbols {
  /** The path, as the user gave it. */
  readonly path: string;
}

/**
 * Reads a file: System.map, a copy of /proc/kallsyms, or vmlinux.
 *
 * @throws {CommandError} naming the file and what to do.
 */
export function openSymbolFile(libc: Libc, path: string): SymbolFile {
  try {
    using file = new FileReader(libc, path);
    return { path, ...read(file) };
  } catch (error) {
    if (!(error instanceof SymbolFileError)) {
      throw explained(error, "--symbols");
    }
    throw new CommandError(error.message, {
      subject: path,
      todo: "give --symbols the System.map or the vmlinux of the guest's " +
        "kernel, or a copy of the guest's /proc/kallsyms",
      cause: error,
    });
  }
}

function read(file: FileReader): FileSymbols {
  const start = file.read(0, START_BYTES);
  if (isElf(start)) {
    return readElfSymbols((offset, bytes) => file.read(offset, bytes));
  }
  if (isPacked(start)) {
    throw new SymbolFileError("is compressed, so that no symbols can be read");
  }
  const { bytes } = file.stat();
  if (bytes > TEXT_BYTES_MAX) {
    throw new SymbolFileError(`has more than ${TEXT_BYTES_MAX} bytes`);
  }
  return parseSymbolLines(file.whole());
}

function isPacked(start: Uint8Array): boolean {
  return BOOT_MAGIC.every((byte, i) => start[BOOT_PLACE + i] === byte) ||
    PACKED.some((magic) => magic.every((byte, i) => start[i] === byte));
}
