// SPDX-License-Identifier: MIT
/**
 * Keeps output from a guest's ring and from saved copies of one. Writing there
 * would destroy them, and with a ring the memory of a running guest.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import { readFileStart } from "../../ffi/file_start.ts";
import type { Libc } from "../../ffi/libc.ts";
import { OBJECTS_FOLDER } from "../../ffi/shm_object.ts";
import { statTarget } from "../../ffi/stat.ts";
import { ABI } from "../../ring/layout.ts";
import { isDeviceSize, likenessOf, objectNames } from "../regions/discovery.ts";
import type { Matcher } from "../regions/patterns.ts";
import { identityOf } from "./identity.ts";

/** Why a file is not written to, worded to follow its path. */
export const RING_TEXT = "is a guest's ring or a copy of one";
/** Why an object that no guest has written to is not written to, either. */
const UNFORMATTED_TEXT = "is an object of the size of a guest's ring";

/** How many bytes at the beginning of a file are looked at. */
export const START_BYTES = 8;

/**
 * Tells whether a file is a ring or a whole copy of one. A log may begin with
 * whatever its guest has written, so the size counts as well.
 *
 * @param start The file's first bytes.
 * @param bytes Its size.
 */
export function isRing(start: Uint8Array<ArrayBuffer>, bytes: number): boolean {
  return isDeviceSize(bytes) && beginsAsRing(start);
}

/**
 * Returns why a file, whichever path leads to it, is or may become a guest's
 * memory. Objects that no guest has formatted yet are among these.
 *
 * @returns The reason, worded to follow the path; "" if it is no such file.
 */
export function whyRing(libc: Libc, path: string): string {
  try {
    const stat = statTarget(libc, path);
    if (stat === null) return "";
    const start = readFileStart(libc, path, START_BYTES);
    if (start !== null && isRing(start, stat.bytes)) return RING_TEXT;
    const maybe = isDeviceSize(stat.bytes) ||
      (start !== null && beginsAsRing(start));
    return maybe && isObject(libc, stat.identity) ? UNFORMATTED_TEXT : "";
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return ""; // opening it reports why
  }
}

/** Returns the names of objects that are rings, or may become one. */
export function ringNames(libc: Libc, matchers: readonly Matcher[]): string[] {
  if (matchers.length === 0) return [];
  try {
    return objectNames(libc, matchers)
      .filter((name) => likenessOf(libc, name) !== "other");
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return []; // looking for objects reports why /dev/shm cannot be listed
  }
}

function beginsAsRing(start: Uint8Array<ArrayBuffer>): boolean {
  if (start.length < START_BYTES) return false;
  const view = new DataView(start.buffer, start.byteOffset);
  return view.getBigUint64(0, true) === ABI.MAGIC;
}

function isObject(libc: Libc, identity: string): boolean {
  return ringNames(libc, [() => true])
    .some((name) => identityOf(libc, OBJECTS_FOLDER + name) === identity);
}
