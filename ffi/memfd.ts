// SPDX-License-Identifier: MIT
/**
 * Makes memory without a name, whose size cannot be changed. Source:
 * memfd_create(2), fcntl(2) "File sealing".
 *
 * @module
 */
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const F_SEAL_SEAL = 1;
const F_SEAL_SHRINK = 2;
const F_SEAL_GROW = 4;

/**
 * Makes such memory, zeroed and reserved. A process that gets the descriptor
 * can write to it, but can neither shorten it, which would end a process that
 * has it mapped, nor seal it against writing.
 *
 * @param label The name that /proc shows.
 * @returns A file descriptor for reading and writing, for the caller to close.
 * @throws {SyscallError} such as ENOSPC, ENOMEM; nothing is left behind.
 */
export function newMemfd(libc: Libc, label: string, bytes: number): number {
  const { symbols } = libc;
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const fd = symbols.memfd_create(cString(label), flags);
  libc.check("memfd_create", label, fd);
  try {
    const errno = symbols.posix_fallocate(fd, 0n, BigInt(bytes));
    if (errno !== 0) throw new SyscallError("posix_fallocate", errno, label);
    const seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    libc.check("fcntl", label, symbols.fcntl(fd, F_ADD_SEALS, seals));
  } catch (error) {
    symbols.close(fd);
    throw error;
  }
  return fd;
}
