// SPDX-License-Identifier: MIT
/**
 * The names that FILE gets as it is rotated: FILE.1, FILE.2 and so on. One of
 * these names may belong to somebody else by now, such as a reader that writes
 * its own log there.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { removePath, renamePath } from "../../ffi/names.ts";
import { statPath } from "../../ffi/stat.ts";
import { explain } from "../console/explain.ts";
import { passes, PassingError } from "../console/write_trouble.ts";
import { CommandError, sentence } from "../errors.ts";
import { HeldFile } from "./held_file.ts";

/** Returns the name that rotation gives to a file; FILE itself is number 0. */
export function archivePath(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`;
}

/**
 * Holds an archive that is about to be renamed or replaced.
 *
 * @param log The file whose rotation renames or replaces it, for errors.
 * @throws {PassingError} if {@linkcode HeldFile} refuses it, because somebody
 * may move it away.
 */
function holdArchive(libc: Libc, log: string, path: string): HeldFile {
  return new HeldFile(libc, path, (why, todo) => {
    const other = `${todo === "" ? "" : `${todo}, or `}give another -f`;
    return new PassingError(
      sentence(path, `${why}, so that ${log} cannot be rotated`, other),
    );
  });
}

/**
 * Frees FILE's name: FILE becomes FILE.1, and the number of each older file
 * grows by one. A rename that a crash interrupted has left a number free, and
 * no file above that one moves.
 *
 * @param files How many files are kept, including FILE; if FILE is the only
 * one, it is removed.
 * @throws {PassingError} while a name belongs to somebody else.
 * @throws {SyscallError} such as EACCES.
 */
export function moveAway(libc: Libc, path: string, files: number): void {
  if (files === 1) return removePath(libc, path);
  const named = (i: number) => archivePath(path, i);
  const hold = (i: number) => holdArchive(libc, path, named(i));
  let free = 1;
  while (free < files - 1 && statPath(libc, named(free))) free++;
  // No file is moved unless all may be.
  for (let i = free; i > 0; i--) hold(i)[Symbol.dispose]();
  for (let i = free; i > 0; i--) {
    using _replaced = hold(i);
    using _moved = i > 1 ? hold(i - 1) : null;
    if (statPath(libc, named(i - 1)) === null) continue;
    renamePath(libc, named(i - 1), named(i));
  }
}

/**
 * Does a step of a log's rotation. Whatever prevents it may pass: a folder that
 * was renamed or may not be written to, or a reader or something else that has
 * taken a name.
 *
 * @throws {PassingError} if the step fails for such a reason.
 */
export function rotationStep<T>(log: string, does: () => T): T {
  try {
    return does();
  } catch (error) {
    const isKnown = error instanceof SyscallError ||
      error instanceof CommandError;
    if (passes(error) || !isKnown) throw error;
    throw new PassingError(
      sentence(explain(error, "-f"), `so ${log} cannot be rotated`),
      { cause: error },
    );
  }
}
