// SPDX-License-Identifier: MIT
/**
 * Stands in for `@std/fs/ensure-dir` if JSR cannot be reached. It is short
 * enough to do without a package: fs-extra, which npm has for this, reads
 * environment variables when it is imported, and would need a permission for
 * each.
 *
 * @module
 */

/**
 * Makes a directory, and those above it, if they are missing.
 *
 * @throws {Deno.errors.AlreadyExists} if something else has that name.
 */
export async function ensureDir(dir: string): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
}
