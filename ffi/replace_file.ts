// SPDX-License-Identifier: MIT
/**
 * Replaces a small file as a whole: after a crash there is the old one or the
 * new one, never half of one. Source: fsync(2), rename(2).
 *
 * The new file always has the same name until it is complete, so that a crash
 * leaves one such file at most. It is locked as long as it has that name: a
 * leftover is removed only if nobody has it locked, and if its content shows
 * that it is one.
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import { SyscallError } from "./errors.ts";
import { cString, type Libc } from "./libc.ts";
import { lockFile } from "./lock.ts";
import {
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDWR,
} from "./open_flags.ts";
import { Output } from "./output.ts";
import { readAt } from "./read_at.ts";
import { type FileKind, statFd, statPath, statTarget } from "./stat.ts";
import { syncDirectoryOf, syncFd } from "./fsync.ts";
import { replacementPath } from "./temporary.ts";

/** How often to try while another process makes and removes the same name. */
const ATTEMPTS = 20;

const REPLACED: readonly FileKind[] = ["file", "symbolic link"];

/** How a file is replaced. */
export interface ReplaceOptions {
  /**
   * What each such file begins with, in ASCII. A leftover is recognized by it.
   */
  readonly begins: string;
  /** Permission bits, whatever the umask is; 0600 if not given. */
  readonly mode?: number;
  /**
   * False for a file that a crash of this host may leave empty, because it is
   * soon written again: then nothing waits for the disk.
   */
  readonly durable?: boolean;
  /**
   * Makes the error if another process is replacing the file now.
   *
   * @param holder The id of that process; -1 if it is unknown.
   */
  readonly taken?: (holder: number) => Error;
}

/**
 * Writes a new file beside `path`, and renames it to `path` once it is on the
 * disk.
 *
 * @returns The new file's descriptor, open for reading and writing, and locked
 * as by `lockFile`; the caller closes it.
 * @throws {SyscallError} such as ENOSPC, or ENODEV if `path` is a device or the
 * like; `path` is then unchanged, and nothing is left beside it. EEXIST if a
 * file that is no leftover has the name that the new file has at first.
 */
export function replaceAndHold(
  libc: Libc,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  options: ReplaceOptions,
): number {
  const { mode = 0o600, durable = true } = options;
  const { symbols } = libc;
  const temporary = replacementPath(path);
  const fd = newFile(libc, path, temporary, options);
  try {
    libc.check("fchmod", path, symbols.fchmod(fd, mode));
    using output = new Output(libc, fd, path);
    for (let done = 0; done < bytes.length;) {
      done += output.writeNow(bytes.subarray(done));
    }
    if (durable) syncFd(libc, fd, path);
    // Errors name `path`, because users do not know the other name.
    const renamed = symbols.rename(cString(temporary), cString(path));
    libc.check("rename", path, renamed);
  } catch (error) {
    symbols.unlink(cString(temporary));
    symbols.close(fd);
    throw error;
  }
  try {
    if (durable) syncDirectoryOf(libc, path);
    return fd;
  } catch (error) {
    symbols.close(fd);
    throw error;
  }
}

/**
 * Checks that a file could be replaced, and leaves it as it is.
 *
 * @throws What {@linkcode replaceAndHold} throws, ENOENT and EACCES, too.
 */
export function checkReplaceable(
  libc: Libc,
  path: string,
  options: ReplaceOptions,
): void {
  const temporary = replacementPath(path);
  const fd = newFile(libc, path, temporary, options);
  try {
    libc.check("unlink", path, libc.symbols.unlink(cString(temporary)));
  } finally {
    libc.symbols.close(fd);
  }
}

/**
 * Makes and locks the file that is to take the place of `path`. While it is
 * locked, no other process takes it for a leftover.
 */
function newFile(
  libc: Libc,
  path: string,
  temporary: string,
  options: ReplaceOptions,
): number {
  const kinds = [statPath(libc, path), statTarget(libc, path)]
    .map((stat) => stat?.kind ?? "file");
  // Replacing a device such as /dev/null would remove it for everybody, and so
  // would replacing a link to one such as /dev/stdout.
  if (!REPLACED.includes(kinds[0]) || kinds[1] !== "file") {
    throw new SyscallError("rename", ERRNO.ENODEV, path);
  }
  const { symbols } = libc;
  const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  let holder = -1;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const fd = symbols.open(cString(temporary), flags, 0o600);
    if (fd < 0 && libc.errno() === ERRNO.EEXIST) {
      removeLeftover(libc, path, temporary, options);
      continue;
    }
    libc.check("open", path, fd);
    try {
      holder = lockFile(libc, fd, path);
      // Another process may have taken it for a leftover before it was locked.
      if (holder === 0 && hasName(libc, fd, temporary)) return fd;
    } catch (error) {
      symbols.close(fd);
      throw error;
    }
    symbols.close(fd);
  }
  throw takenError(path, holder, options);
}

/** Removes the file that a killed process has left, and nothing else. */
function removeLeftover(
  libc: Libc,
  path: string,
  temporary: string,
  options: ReplaceOptions,
): void {
  const stat = statPath(libc, temporary);
  if (stat === null) return; // it has just been renamed or removed
  const foreign = new SyscallError("open", ERRNO.EEXIST, temporary);
  if (stat.kind !== "file" || stat.links !== 1) throw foreign;
  const { symbols } = libc;
  const flags = O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;
  const fd = symbols.open(cString(temporary), flags, 0);
  if (fd < 0 && libc.errno() === ERRNO.ENOENT) return;
  libc.check("open", temporary, fd);
  try {
    const holder = lockFile(libc, fd, temporary);
    if (!hasName(libc, fd, temporary)) return;
    if (holder !== 0) throw takenError(path, holder, options);
    const { begins } = options;
    const head = readAt(libc, fd, 0, begins.length, temporary);
    // After a crash of the host it may consist of zeros.
    const text = new TextDecoder().decode(head).replace(/\0+$/, "");
    if (!begins.startsWith(text)) throw foreign;
    const removed = symbols.unlink(cString(temporary));
    libc.check("unlink", temporary, removed);
  } finally {
    symbols.close(fd);
  }
}

function hasName(libc: Libc, fd: number, path: string): boolean {
  const { identity } = statFd(libc, fd, path);
  return statPath(libc, path)?.identity === identity;
}

function takenError(
  path: string,
  holder: number,
  { taken }: ReplaceOptions,
): Error {
  return taken?.(holder) ?? new SyscallError("flock", ERRNO.EBUSY, path);
}
