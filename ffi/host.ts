// SPDX-License-Identifier: MIT
/**
 * The name of this host. Source: gethostname(2).
 *
 * @module
 */
import type { Libc } from "./libc.ts";

/** HOST_NAME_MAX of Linux is 64; a NUL follows. */
const BYTES_MAX = 65;

/**
 * Returns the name of this host.
 *
 * @throws {SyscallError} which does not happen on Linux.
 */
export function hostName(libc: Libc): string {
  const name = new Uint8Array(BYTES_MAX);
  const { gethostname } = libc.symbols;
  libc.check("gethostname", "", gethostname(name, BYTES_MAX));
  const end = name.indexOf(0);
  return new TextDecoder().decode(name.subarray(0, end < 0 ? BYTES_MAX : end));
}
