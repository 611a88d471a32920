// SPDX-License-Identifier: MIT
/**
 * What is in a directory. Not by Deno's own function, which newer versions do
 * not allow below /dev without all permissions. Source: opendir(3), readdir(3).
 *
 * @module
 */
import { textOf } from "./c_text.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";

/** struct dirent of 64-bit glibc: its length, the type, and the name behind it. */
const LENGTH_OFFSET = 16;
const TYPE_OFFSET = 18;
const NAME_OFFSET = 19;
const DT_REG = 8;

/**
 * Names of the regular files in a directory whose file system tells what is
 * one, as tmpfs does; in no order. Any bytes may be in them: see `textOf`.
 *
 * @throws {SyscallError} such as ENOENT, EACCES.
 */
export function filesIn(libc: Libc, path: string): string[] {
  return entriesIn(libc, path, (type) => type === DT_REG);
}

/**
 * Names of all that is in a directory, whatever it is; in no order.
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
