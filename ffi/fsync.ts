// SPDX-License-Identifier: MIT
/**
 * Makes sure that what was written survives a crash. Source: fsync(2).
 *
 * @module
 */
import { cString, type Libc } from "./libc.ts";
import { O_CLOEXEC } from "./open_flags.ts";

/**
 * Waits until a file's data are on the disk.
 *
 * @param subject What it is, for the error.
 * @throws {SyscallError} such as EIO, ENOSPC.
 */
export function syncFd(libc: Libc, fd: number, subject: string): void {
  libc.check("fsync", subject, libc.symbols.fsync(fd));
}

/**
 * Returns the folder that a path is in.
 *
 * @returns Such as "/var/log", "/" or ".".
 */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

/**
 * Waits until the names in a path's folder are on the disk, as after a rename.
 *
 * @throws {SyscallError}
 */
export function syncDirectoryOf(libc: Libc, path: string): void {
  const folder = directoryOf(path);
  const fd = libc.check(
    "open",
    folder,
    libc.symbols.open(cString(folder), O_CLOEXEC, 0),
  );
  try {
    syncFd(libc, fd, folder);
  } finally {
    libc.symbols.close(fd);
  }
}
