// SPDX-License-Identifier: MIT
/**
 * The functions that `@std/fs` 1.x and fs-extra 11 share: name, arguments and
 * behaviour. fs-extra needs leave to read three environment variables (see
 * `packaging/permissions.ts`); `@std/fs` needs none.
 *
 * @module
 */

/** Options of {@linkcode move}. */
export interface MoveOptions {
  /** Replace the destination. @default {false} */
  overwrite?: boolean;
}

/** Options of {@linkcode copy}. */
export interface CopyOptions {
  /**
   * Replace the destination. Always give it: `@std/fs` takes false if absent,
   * fs-extra true.
   */
  overwrite: boolean;
}

/** Create a directory and its parents where missing. */
export function ensureDir(dir: string): Promise<void>;
/** Create an empty file where missing. */
export function ensureFile(filePath: string): Promise<void>;
/** Empty a directory; create it where missing. */
export function emptyDir(dir: string): Promise<void>;
/** Move a file or directory. */
export function move(
  src: string,
  dest: string,
  options?: MoveOptions,
): Promise<void>;
/** Copy a file or directory. */
export function copy(
  src: string,
  dest: string,
  options: CopyOptions,
): Promise<void>;
