// SPDX-License-Identifier: MIT
/**
 * Stands in for the part of `@std/fs/exists` 1.x that this project uses, if JSR
 * cannot be reached; see std_fs_ensure_dir.ts for why it is not taken from npm.
 *
 * @module
 */

/** What has to be there. At most one of the two may be true. */
export interface ExistsOptions {
  /** A file; links are followed. @default {false} */
  isFile?: boolean;
  /** A directory; links are followed. @default {false} */
  isDirectory?: boolean;
}

/** Tells whether something is there, of the kind that is asked for. */
export async function exists(
  path: string,
  options: ExistsOptions = {},
): Promise<boolean> {
  try {
    return isWanted(await Deno.stat(path), options);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Does the same as {@linkcode exists}, and waits for the answer. */
export function existsSync(path: string, options: ExistsOptions = {}): boolean {
  try {
    return isWanted(Deno.statSync(path), options);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function isWanted(found: Deno.FileInfo, options: ExistsOptions): boolean {
  const { isFile = false, isDirectory = false } = options;
  return (!isFile || found.isFile) && (!isDirectory || found.isDirectory);
}
