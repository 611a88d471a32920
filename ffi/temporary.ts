// SPDX-License-Identifier: MIT
/**
 * Names of files that are complete only once they get another name.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { directoryOf } from "./fsync.ts";

const RANDOM_BYTES = 8;

/**
 * Makes up a random name in a path's folder; the file has to be made with
 * O_EXCL. A name that can be guessed, such as `path.tmp`, may belong to another
 * file, or to a link that was put there. A crash leaves the file behind, whose
 * name shows which program has made it.
 *
 * @returns Such as "folder/.ivring-0123456789abcdef.tmp".
 */
export function temporaryPath(path: string): string {
  const random = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)).toHex();
  return named(path, random);
}

/**
 * Returns the same name for the same path each time, so that a file which is
 * replaced again and again leaves one leftover at most, however often its
 * writer is killed. A file that has the name already must not be touched,
 * unless it is known to be such a leftover.
 *
 * @returns Such as "folder/.ivring-0123456789abcdef.tmp".
 */
export function replacementPath(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const digest = createHash("sha256").update(name).digest("hex");
  return named(path, digest.slice(0, 2 * RANDOM_BYTES));
}

function named(path: string, digits: string): string {
  return `${directoryOf(path)}/.ivring-${digits}.tmp`;
}
