// SPDX-License-Identifier: MIT
/**
 * Finds out what paths lead to, through links, other spellings and mounts.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { statTarget } from "../../ffi/stat.ts";
import { directoryOf } from "../../ffi/fsync.ts";

/** More folders than any path of the kernel's leads through. */
const DEPTH_MAX = 2048;

/**
 * Looks at what a path leads to.
 *
 * @returns Device and inode; null if there is nothing that this user may see.
 */
export function identityOf(libc: Libc, path: string): string | null {
  try {
    return statTarget(libc, path)?.identity ?? null;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return null; // opening it reports why
  }
}

/**
 * Returns a text that is the same for two paths if both lead to one file, by
 * whichever of its names. For a file that does not exist yet, the text has its
 * name, in the folder that is meant.
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
 * asked for the folder above each one, because behind a link the path's text
 * does not show it.
 *
 * @returns Paths; fewer if one of the folders does not exist, or may not be
 * seen.
 */
export function foldersAbove(libc: Libc, path: string): string[] {
  const root = identityOf(libc, "/");
  const folders: string[] = [];
  // A folder that does not exist yet may be given with a slash at its end.
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
