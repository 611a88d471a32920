// SPDX-License-Identifier: MIT
/**
 * Checks whether this process may open more files. Source: open(2).
 *
 * @module
 */
import { cString, type Libc } from "./libc.ts";
import { O_CLOEXEC } from "./open_flags.ts";

/** A file that always exists and that can be opened without effect. */
const PATH = "/dev/null";

/**
 * Checks that `count` files can be opened now, by opening and closing them.
 *
 * @throws {SyscallError} EMFILE or ENFILE if they cannot.
 */
export function checkSpareFiles(libc: Libc, count: number): void {
  const fds: number[] = [];
  const { open, close } = libc.symbols;
  try {
    while (fds.length < count) {
      const fd = open(cString(PATH), O_CLOEXEC, 0);
      fds.push(libc.check("open", "", fd));
    }
  } finally {
    for (const fd of fds) close(fd);
  }
}
