// SPDX-License-Identifier: MIT
/**
 * What paths lead to, whatever they go through: links, other spellings, mounts.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { statTarget } from "../../ffi/stat.ts";
import { directoryOf } from "../../ffi/sync.ts";

/** No path of the kernel's leads through as many folders. */
const DEPTH_MAX = 2048;

/**
 * Looks at what a path leads to.
 *
 * @returns Device and inode; null where there is nothing that we may see.
 */
export function identityOf(libc: Libc, path: string): string | null {
  try {
    return statTarget(libc, path)?.identity ?? null;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return null; // whoever opens it says why
  }
}

/**
 * What two paths have in common where both lead to one file, by whichever of
 * its names. Of a file that is yet to be made: its name, in the folder that is
 * meant.
 */
export function meant(libc: Libc, path: string): string {
  const there = identityOf(libc, path);
  if (there !== null) return there;
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const name = parts.pop() ?? "";
  const folder = (path.startsWith("/") ? "/" : "./") + parts.join("/");
  return `${identityOf(libc, folder) ?? folder}/${name}`;
}

/**
 * Lists the folders that a path is in, from its own up to "/". The kernel is
 * asked for the folder above each, since the text does not tell it behind a
 * link.
 *
 * @returns Paths; less where one of them is not there, or may not be seen.
 */
export function foldersAbove(libc: Libc, path: string): string[] {
  const root = identityOf(libc, "/");
  const folders: string[] = [];
  // A folder that is yet to be made may be given with a slash at its end.
  let above = directoryOf(path.replace(/(?<=[^/])\/+$/, ""));
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    const identity = identityOf(libc, above);
    if (identity === null) break;
    folders.push(above);
    if (identity === root) break;
    above += "/..";
  }
  return folders;
}

/** Tells whether a path is in a folder, or in one below it. */
export function isInside(libc: Libc, path: string, folder: string): boolean {
  const wanted = identityOf(libc, folder);
  return wanted !== null && foldersAbove(libc, path)
    .some((above) => identityOf(libc, above) === wanted);
}
