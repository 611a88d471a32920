// SPDX-License-Identifier: MIT
/**
 * The symbols in a recorded trace: a file with the texts that the guest
 * published, one behind the other. Each has its id and its length before it, 32
 * bits each, little endian.
 *
 * @module
 */
import { FileReader } from "../../ffi/file_reader.ts";
import type { Libc } from "../../ffi/libc.ts";
import { statTarget } from "../../ffi/stat.ts";
import { ABI } from "../../ring/layout.ts";
import {
  isSymbolId,
  PublishedSymbols,
  SYMBOL_BYTES_MAX,
  type SymbolText,
} from "../../ring/symbols/published_symbols.ts";
import { symbolsPath } from "./trace_names.ts";

const HEAD_BYTES = 8;
/** The most bytes that `record` writes: all ids, with the longest texts. */
const FILE_BYTES_MAX = (ABI.META_ID_LAST - ABI.META_ID_SYMBOLS + 1) *
  (HEAD_BYTES + ABI.META_TEXT_BYTES_MAX);

/** Returns the file's content. */
export function recordedSymbols(
  texts: readonly SymbolText[],
): Uint8Array<ArrayBuffer> {
  const bytes = texts.reduce((sum, { text }) => sum + text.length, 0);
  const all = new Uint8Array(bytes + texts.length * HEAD_BYTES);
  const view = new DataView(all.buffer);
  let at = 0;
  for (const { id, text } of texts) {
    view.setUint32(at, id, true);
    view.setUint32(at + 4, text.length, true);
    all.set(text, at + HEAD_BYTES);
    at += HEAD_BYTES + text.length;
  }
  return all;
}

/**
 * Parses the file's content, which goes through the same parser as what comes
 * from the guest. From a place on that is not as `recordedSymbols` writes it,
 * nothing is taken.
 */
export function parseRecordedSymbols(
  bytes: Uint8Array<ArrayBuffer>,
): PublishedSymbols {
  const symbols = new PublishedSymbols(
    { leftBytes: SYMBOL_BYTES_MAX },
    () => {}, // what is corrupt was counted when it was recorded
  );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + HEAD_BYTES <= bytes.length;) {
    const id = view.getUint32(at, true);
    const start = at + HEAD_BYTES;
    at = start + view.getUint32(at + 4, true);
    if (!isSymbolId(id) || at > bytes.length) break;
    symbols.take({ id, text: bytes.subarray(start, at) });
  }
  return symbols;
}

/**
 * Reads the symbols of a trace, from the last of its folders that has any.
 *
 * @param folders Of one epoch, in order of time.
 * @returns Null if none has.
 * @throws {SyscallError} such as EACCES.
 */
export function readRecordedSymbols(
  libc: Libc,
  folders: readonly string[],
): PublishedSymbols | null {
  const path = folders.map(symbolsPath)
    .findLast((each) => statTarget(libc, each)?.kind === "file");
  if (path === undefined) return null;
  using file = new FileReader(libc, path);
  return parseRecordedSymbols(file.read(0, FILE_BYTES_MAX));
}
