// SPDX-License-Identifier: MIT
/**
 * A place in a file, and what the file is recognised by later.
 *
 * An inode number is not enough, because once a file is removed file systems
 * give its number to the next one. So a place also has the time the file was
 * made, if the file system keeps that, and a digest of what stands right before
 * the place.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { FileStat } from "../../ffi/stat.ts";

/** How many bytes right before a place are digested at most. */
export const TAIL_BYTES = 4096;

/** The end of a part of a file. */
export interface Tail {
  /** Its length: `TAIL_BYTES`, or less if the file is shorter. */
  readonly bytes: number;
  /** Its digest, in hexadecimal digits. */
  readonly sha256: string;
}

/** A file as a cursor remembers it. */
export interface FilePlace {
  /** Device and inode. */
  readonly identity: string;
  /** When the file was made, in ns since 1970; null if unknown. */
  readonly bornNs: bigint | null;
  /** Its length in bytes. */
  readonly bytes: number;
  /** What the file ended with; null if unknown. */
  readonly tail: Tail | null;
}

/** Digests the bytes at the end of a part of a file. */
export function tailOf(bytes: Uint8Array): Tail {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes: bytes.length, sha256 };
}

/**
 * Digests what stands right before a place in a file.
 *
 * @param read Reads a part of the file.
 */
export function tailBefore(
  read: (offset: number, bytes: number) => Uint8Array,
  offset: number,
): Tail {
  const length = Math.min(offset, TAIL_BYTES);
  return tailOf(read(offset - length, length));
}

/** Returns the place at the beginning of a file that has been emptied. */
export function emptied(place: FilePlace): FilePlace {
  return { ...place, bytes: 0, tail: tailOf(new Uint8Array(0)) };
}

/**
 * Tells whether a file has the inode and the device that a place names. If the
 * time at which it was made agrees, the device need not agree, because some
 * file systems get another number each time they are mounted.
 */
export function isNamedBy(stat: FileStat, place: FilePlace): boolean {
  if (stat.kind !== "file") return false;
  if (place.bornNs === null) return stat.identity === place.identity;
  return stat.bornNs === place.bornNs &&
    inodeOf(stat.identity) === inodeOf(place.identity);
}

function inodeOf(identity: string): string {
  return identity.slice(identity.lastIndexOf(":") + 1);
}

/**
 * Tells whether what stands right before a place is certainly not what was
 * written there.
 *
 * @param tail What now stands there.
 */
export function isChanged({ tail: known }: FilePlace, tail: Tail): boolean {
  return known !== null &&
    (tail.bytes !== known.bytes || tail.sha256 !== known.sha256);
}

/**
 * Judges whether a file with the numbers of a place is certainly the file that
 * was written up to that place, and not another one.
 *
 * @param tail What now stands right before the place.
 * @returns The doubt; "" if there is none.
 */
export function doubtOf(place: FilePlace, tail: Tail): string {
  if (place.tail === null) return "the cursor does not tell what was in it";
  if (isChanged(place, tail)) {
    return "what is before that place is not what was written there";
  }
  // A few equal lines, such as a heartbeat's, may end other files, too.
  if (place.bornNs !== null || tail.bytes >= TAIL_BYTES) return "";
  return `its file system does not tell when it was made, and the ${tail.bytes}` +
    " bytes before that place are too few to know it by";
}
