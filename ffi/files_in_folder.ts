// SPDX-License-Identifier: MIT
/**
 * Makes, removes and renames files and folders in an open folder, whatever
 * happens to the folder's path meanwhile. No symbolic link is followed, and no
 * existing file is opened for writing, or replaced unless that is asked for.
 * Source: openat(2), mkdirat(2), unlinkat(2), rename(2).
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import {
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_WRONLY,
} from "./open_flags.ts";

const AT_REMOVEDIR = 0x200;
const RENAME_NOREPLACE = 1;
/** Permission bits, from which the kernel removes those of the umask. */
const FILE_MODE = 0o666;
const FOLDER_MODE = 0o777;

/** A name in an open folder. */
export interface Entry {
  /** The folder's descriptor. */
  readonly folder: number;
  readonly name: string;
  /** Its path, for errors. */
  readonly path: string;
}

/**
 * Opens a folder.
 *
 * @returns Its descriptor, which the caller closes.
 * @throws {SyscallError} such as ENOENT; ENOTDIR if it is something else.
 */
export function openFolderIn(
  libc: Libc,
  { folder, name, path }: Entry,
): number {
  const flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const fd = libc.symbols.openat(folder, cString(name), flags, 0);
  return libc.check("open", path, fd);
}

/**
 * Makes a folder.
 *
 * @throws {SyscallError} such as EEXIST, ENOSPC.
 */
export function makeFolderIn(libc: Libc, { folder, name, path }: Entry): void {
  const result = libc.symbols.mkdirat(folder, cString(name), FOLDER_MODE);
  libc.check("mkdir", path, result);
}

/**
 * Makes a file, open for appending.
 *
 * @returns Its descriptor, which the caller closes.
 * @throws {SyscallError} such as EEXIST, ENOSPC.
 */
export function newFileIn(libc: Libc, { folder, name, path }: Entry): number {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW |
    O_CLOEXEC;
  const fd = libc.symbols.openat(folder, cString(name), flags, FILE_MODE);
  return libc.check("open", path, fd);
}

/**
 * Removes a file's name.
 *
 * @throws {SyscallError} such as ENOENT, EACCES.
 */
export function removeFileIn(libc: Libc, { folder, name, path }: Entry): void {
  libc.check("unlink", path, libc.symbols.unlinkat(folder, cString(name), 0));
}

/**
 * Removes a folder that is empty.
 *
 * @returns False if it is not empty.
 * @throws {SyscallError} such as ENOENT, EACCES.
 */
export function removeFolderIn(
  libc: Libc,
  { folder, name, path }: Entry,
): boolean {
  const { unlinkat } = libc.symbols;
  if (unlinkat(folder, cString(name), AT_REMOVEDIR) === 0) return true;
  const errno = libc.errno();
  // POSIX allows either number.
  if (errno === ERRNO.ENOTEMPTY || errno === ERRNO.EEXIST) return false;
  throw new SyscallError("rmdir", errno, path);
}

/**
 * Gives a file another name.
 *
 * @param replaces Whether a file that has that name is replaced. If not, the
 * caller should have checked that the name is free, because a few file systems
 * replace it all the same.
 * @throws {SyscallError} such as EEXIST, ENOENT.
 */
export function renameIn(
  libc: Libc,
  from: Entry,
  to: Entry,
  replaces: boolean,
): void {
  const rename = (flags: number) =>
    libc.symbols.renameat2(
      ...[from.folder, cString(from.name)] as const,
      ...[to.folder, cString(to.name), flags] as const,
    );
  let result = rename(replaces ? 0 : RENAME_NOREPLACE);
  const lacks = [ERRNO.EINVAL, ERRNO.ENOSYS] as readonly number[];
  if (result < 0 && !replaces && lacks.includes(libc.errno())) {
    result = rename(0);
  }
  libc.check("rename", to.path, result);
}
