// SPDX-License-Identifier: MIT
/**
 * The files that FILE becomes as it is rotated: FILE.1, FILE.2 and so on. One
 * of these names may belong to somebody else by now, such as a reader that
 * writes its own log there.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { removePath, renamePath } from "../../ffi/names.ts";
import { statPath } from "../../ffi/stat.ts";
import { explain } from "../console/explain.ts";
import { passes, PassingError } from "../console/trouble.ts";
import { CommandError, sentence } from "../errors.ts";
import { HeldFile } from "./held_file.ts";

/** How rotation names a file: FILE itself is number 0. */
export function archivePath(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`;
}

/**
 * Holds an archive that is about to be renamed or replaced.
 *
 * @param log The file whose rotation renames or replaces it, for errors.
 * @throws {PassingError} as {@linkcode HeldFile}: it may be moved away.
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
 * Frees FILE's name: it becomes FILE.1, and those after it one more each. A
 * rename that a crash cut short left a free name: nothing moves above it.
 *
 * @param files Files kept, FILE included; if it is the only one, it is removed.
 * @throws {PassingError} while a name belongs to somebody else.
 * @throws {SyscallError} such as EACCES.
 */
export function moveAway(libc: Libc, path: string, files: number): void {
  if (files === 1) return removePath(libc, path);
  const named = (i: number) => archivePath(path, i);
  const hold = (i: number) => holdArchive(libc, path, named(i));
  let free = 1;
  while (free < files - 1 && statPath(libc, named(free))) free++;
  // None is moved unless all may be.
  for (let i = free; i > 0; i--) hold(i)[Symbol.dispose]();
  for (let i = free; i > 0; i--) {
    using _replaced = hold(i);
    using _moved = i > 1 ? hold(i - 1) : null;
    if (statPath(libc, named(i - 1)) === null) continue;
    renamePath(libc, named(i - 1), named(i));
  }
}

/**
 * Does a step of a log's rotation. Whatever stands in its way may pass: a folder
 * that was renamed or may not be written to, a reader or something else that has
 * taken a name.
 *
 * @throws {PassingError}
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
