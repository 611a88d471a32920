// SPDX-License-Identifier: MIT
/**
 * Explains why a path cannot be used. The error number says what is wrong; a
 * look at the path says where.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { type FileKind, statPath } from "../../ffi/stat.ts";

/** A reason and a remedy, worded to follow the path. */
export interface PathReason {
  readonly reason: string;
  /** What to do; "GIVE" stands where the path's option will be named. */
  readonly todo: string;
}

const TODO_FILE = "GIVE the name of a file";
const TODO_OTHER = "GIVE another path";

/**
 * Looks at a path that was refused, to find out why.
 *
 * @param code The reason's name, such as "ENOENT".
 * @returns Null if the path shows no more than the number says.
 * @throws {SyscallError} if looking at the path is refused, too.
 */
export function pathReason(
  libc: Libc,
  path: string,
  code: string,
): PathReason | null {
  switch (code) {
    case "ENOENT":
      return missing(libc, path);
    case "EISDIR":
      // A missing file whose name ends with a slash is refused like this, too.
      return kindOf(libc, path) === null ? missing(libc, path) : null;
    case "ENOTDIR":
    case "EEXIST":
    case "ENODEV":
    case "ENXIO":
      return misplaced(libc, path, code);
    case "ELOOP":
      return linked(libc, path);
    default:
      return null;
  }
}

/** Lists the directories that a path leads through, from the first on. */
function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) {
    folders.push(path.slice(0, at));
  }
  return folders;
}

/**
 * Looks at a path, following a final link; returns null if nothing exists
 * there.
 */
function kindOf(libc: Libc, path: string): FileKind | null {
  return statPath(libc, path)?.kind ?? null;
}

function missing(libc: Libc, path: string): PathReason {
  const folder = foldersOf(path).find((each) => kindOf(libc, each) === null);
  if (folder !== undefined) {
    return {
      reason: `there is no directory ${folder}`,
      todo: "make it first, or GIVE another path",
    };
  }
  return kindOf(libc, path) === "symbolic link"
    ? { reason: "is a symbolic link to nothing", todo: TODO_OTHER }
    : { reason: "there is no such file or directory", todo: "check the name" };
}

function misplaced(libc: Libc, path: string, code: string): PathReason | null {
  const folders = code === "ENOTDIR" ? [...foldersOf(path), path] : [path];
  for (const each of folders) {
    const kind = kindOf(libc, each);
    if (kind === null) return null;
    const what = `is a ${kind}`;
    if (code === "ENODEV" || code === "ENXIO") {
      return { reason: what, todo: TODO_FILE };
    }
    if (code === "EEXIST") {
      // Nobody should be advised to remove a device.
      const remove = kind === "file" ? ", or remove it" : "";
      return { reason: what, todo: TODO_OTHER + remove };
    }
    if (kind === "directory" || kind === "symbolic link") continue;
    return each === path
      ? { reason: `${what}, not a directory`, todo: TODO_OTHER }
      : { reason: `${each} ${what}, not a directory`, todo: TODO_OTHER };
  }
  return null;
}

function linked(libc: Libc, path: string): PathReason {
  try {
    if (kindOf(libc, path) === "symbolic link") {
      return {
        reason: "is a symbolic link, which is not followed",
        todo: "GIVE the name of the file itself",
      };
    }
  } catch {
    // Looking at the path meets the same loop of links.
  }
  return {
    reason: "symbolic links in this path lead in a circle",
    todo: TODO_OTHER,
  };
}
