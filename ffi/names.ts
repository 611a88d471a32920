// SPDX-License-Identifier: MIT
/**
 * Renames and removes files, and makes folders. Source: rename(2), mkdir(2),
 * access(2).
 *
 * @module
 */
import { namesIn } from "./list_directory.ts";
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import { statPath } from "./stat.ts";

const AT_FDCWD = -100;
const AT_EACCESS = 0x200;
const W_OK = 2;
const X_OK = 1;

/**
 * Renames a file, and replaces what had the new name.
 *
 * @throws {SyscallError} such as ENOENT, EACCES.
 */
export function renamePath(libc: Libc, from: string, to: string): void {
  const result = libc.symbols.rename(cString(from), cString(to));
  libc.check("rename", from, result);
}

/**
 * Removes a file's name.
 *
 * @throws {SyscallError} such as ENOENT, EACCES.
 */
export function removePath(libc: Libc, path: string): void {
  libc.check("unlink", path, libc.symbols.unlink(cString(path)));
}

/**
 * Removes a folder with all that is in it. Links in it are not followed.
 *
 * @throws {SyscallError} such as ENOENT, EACCES.
 */
export function removeFolder(libc: Libc, path: string): void {
  for (const name of namesIn(libc, path)) {
    const inside = `${path}/${name}`;
    const isFolder = statPath(libc, inside)?.kind === "directory";
    if (isFolder) removeFolder(libc, inside);
    else removePath(libc, inside);
  }
  libc.check("rmdir", path, libc.symbols.rmdir(cString(path)));
}

/**
 * Makes one folder, but not those above it.
 *
 * @param mode Permission bits, from which the kernel removes those of the
 * umask.
 * @returns False if something has that name already.
 * @throws {SyscallError} such as ENOENT if the folder above is missing.
 */
export function makeFolder(libc: Libc, path: string, mode = 0o777): boolean {
  if (libc.symbols.mkdir(cString(path), mode) === 0) return true;
  const errno = libc.errno();
  if (errno === ERRNO.EEXIST) return false;
  throw new SyscallError("mkdir", errno, path);
}

/**
 * Checks that this user may make, rename and remove files in a folder, by its
 * permissions and its file system. Nothing is changed.
 *
 * @throws {SyscallError} such as EACCES, EROFS, ENOENT.
 */
export function checkFolderWritable(libc: Libc, path: string): void {
  const { faccessat } = libc.symbols;
  const result = faccessat(AT_FDCWD, cString(path), W_OK | X_OK, AT_EACCESS);
  libc.check("faccessat", path, result);
}
