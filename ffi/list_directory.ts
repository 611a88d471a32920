// SPDX-License-Identifier: MIT
/**
 * Lists directories. Deno's own function is not used, because newer versions
 * allow it below /dev only with all permissions. Source: opendir(3),
 * readdir(3).
 *
 * @module
 */
import { textOf } from "./c_text.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";

/**
 * struct dirent of 64-bit glibc: its length, the type, and the name behind it.
 */
const LENGTH_OFFSET = 16;
const TYPE_OFFSET = 18;
const NAME_OFFSET = 19;
const DT_REG = 8;

/**
 * Returns the names of the regular files in a directory, in no order. The file
 * system has to store in the directory which entries are files, as tmpfs does.
 * Names may hold any bytes: see `textOf`.
 *
 * @throws {SyscallError} such as ENOENT, EACCES.
 */
export function filesIn(libc: Libc, path: string): string[] {
  return entriesIn(libc, path, (type) => type === DT_REG);
}

/**
 * Returns the names of everything in a directory, in no order.
 *
 * @throws {SyscallError} such as ENOENT, EACCES, ENOTDIR.
 */
export function namesIn(libc: Libc, path: string): string[] {
  return entriesIn(libc, path, () => true)
    .filter((name) => name !== "." && name !== "..");
}

function entriesIn(
  libc: Libc,
  path: string,
  isWanted: (type: number) => boolean,
): string[] {
  const { symbols } = libc;
  const directory = symbols.opendir(cString(path));
  if (directory === null) {
    throw new SyscallError("opendir", libc.errno(), path);
  }
  const names: string[] = [];
  try {
    for (;;) {
      const entry = symbols.readdir(directory);
      if (entry === null) return names;
      const view = new Deno.UnsafePointerView(entry);
      if (isWanted(view.getUint8(TYPE_OFFSET))) {
        names.push(textOf(nameIn(view)));
      }
    }
  } finally {
    symbols.closedir(directory);
  }
}

/** Returns the name in a directory entry: everything up to its NUL. */
function nameIn(entry: Deno.UnsafePointerView): Uint8Array {
  const most = entry.getUint16(LENGTH_OFFSET) - NAME_OFFSET;
  const bytes = new Uint8Array(entry.getArrayBuffer(most, NAME_OFFSET));
  // Copied, because the entry belongs to C, and the next call overwrites it.
  return bytes.slice(0, bytes.indexOf(0));
}
