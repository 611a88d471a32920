// SPDX-License-Identifier: MIT
/**
 * What is in a directory. Not by Deno's own function, which newer versions do
 * not allow below /dev without all permissions. Source: opendir(3), readdir(3).
 *
 * @module
 */
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";

/** struct dirent of 64-bit glibc: the type, and the name behind it. */
const TYPE_OFFSET = 18;
const NAME_OFFSET = 19;
const DT_REG = 8;

/**
 * Names of the regular files in a directory whose file system tells what is
 * one, as tmpfs does; in no order.
 *
 * @throws {SyscallError} such as ENOENT, EACCES.
 */
export function filesIn(libc: Libc, path: string): string[] {
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
      if (view.getUint8(TYPE_OFFSET) !== DT_REG) continue;
      names.push(view.getCString(NAME_OFFSET));
    }
  } finally {
    symbols.closedir(directory);
  }
}
