// SPDX-License-Identifier: MIT
/**
 * `@std/fs/ensure-dir` where JSR cannot be reached. It is so little that no
 * package is needed: fs-extra, which npm has for this, reads variables of the
 * environment when it is imported, and each would be one more permission.
 *
 * @module
 */

/**
 * Makes a directory, and those above it, where they are missing.
 *
 * @throws {Deno.errors.AlreadyExists} where something else has that name.
 */
export async function ensureDir(dir: string): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
}
