// SPDX-License-Identifier: MIT
/**
 * Finds the objects of this host that are rings.
 *
 * @module
 */
import { filesIn } from "../../ffi/list_directory.ts";
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { OBJECTS_FOLDER, readObjectStart } from "../../ffi/shm_object.ts";
import { statPath } from "../../ffi/stat.ts";
import { ABI } from "../../ring/layout.ts";
import type { Matcher } from "./patterns.ts";

/** What an object seems to be, by its first bytes and its size. */
export type Likeness =
  /** It begins as a ring does. */
  | "ring"
  /** It has the size of an ivshmem device, and no guest has formatted it. */
  | "unformatted"
  /** It has such a size, but this user may not read it. */
  | "unreadable"
  | "other";

/** Returns the names "/NAME" of all objects that match a pattern, sorted. */
export function objectNames(
  libc: Libc,
  matchers: readonly Matcher[],
): string[] {
  return filesIn(libc, OBJECTS_FOLDER)
    .filter((name) => matchers.some((matches) => matches(name)))
    .map((name) => `/${name}`).sort();
}

/**
 * Looks at an object without mapping it, whatever user it belongs to.
 *
 * @param name "/NAME".
 */
export function likenessOf(libc: Libc, name: string): Likeness {
  try {
    const start = readObjectStart(libc, name, 8);
    if (start.length < 8) return "other";
    const magic = new DataView(start.buffer).getBigUint64(0, true);
    if (magic === ABI.MAGIC) return "ring";
    if (magic !== 0n) return "other";
    return hasDeviceSize(libc, name) ? "unformatted" : "other";
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.code !== "EACCES") return "other"; // gone by now, or no file
    return hasDeviceSize(libc, name) ? "unreadable" : "other";
  }
}

function hasDeviceSize(libc: Libc, name: string): boolean {
  return isDeviceSize(statPath(libc, OBJECTS_FOLDER + name)?.bytes ?? 0);
}

/** Tells whether a PCI device can have memory of this size, a power of two. */
export function isDeviceSize(bytes: number): boolean {
  return bytes >= ABI.REGION_BYTES_MIN && Number.isInteger(Math.log2(bytes));
}
