// SPDX-License-Identifier: MIT
/**
 * Looks for what was written to FILE after the cursor was saved, because its
 * records will be read again and must not be written twice.
 *
 * Nothing is ever cut: see `written_lines.ts`. If it is not certain that a file
 * is the one that the cursor names, its lines are not compared, and a few
 * records may be written twice. That is reported, and it is better than losing
 * one.
 *
 * @module
 */
import { namesIn } from "../../ffi/list_directory.ts";
import { SyscallError } from "../../ffi/errors.ts";
import { FileReader } from "../../ffi/file_reader.ts";
import type { Libc } from "../../ffi/libc.ts";
import { type FileStat, statPath } from "../../ffi/stat.ts";
import { directoryOf } from "../../ffi/fsync.ts";
import type { SavedCursor } from "./cursor_text.ts";
import { reasonOf } from "../console/explain.ts";
import { complain } from "../console/messages.ts";
import {
  doubtOf,
  type FilePlace,
  isChanged,
  isNamedBy,
  tailBefore,
} from "./file_place.ts";
import type { RotatingFile } from "./rotating_file.ts";
import { WrittenLines, type WrittenOptions } from "./written_lines.ts";

/** At most this much is compared, because the lines are kept in memory. */
const LINES_BYTES_MAX = 64 << 20;
/** Reported if records may be there twice. */
const TWICE =
  "what was written behind the cursor, a second's records at most, may be " +
  "there as well as here";

/** What is known of the records behind the cursor. */
export interface ResumeOptions {
  /**
   * Tells whether equal lines belong to the same record; see `WrittenOptions`.
   */
  readonly holds: WrittenOptions["holds"];
  /** Whether records are read again. */
  readonly readsAgain: boolean;
}

/** A file whose lines are compared. */
interface Looked {
  stat(): FileStat;
  /** Reads a part of it; null if it may not be read. */
  read(offset: number, bytes: number): Uint8Array<ArrayBuffer> | null;
}

/**
 * Finds the lines that already stand behind the cursor's place, and reports it
 * if that is not possible.
 *
 * @param path The path of FILE.
 * @returns Null if there are none.
 */
export function resumeFile(
  libc: Libc,
  file: RotatingFile,
  path: string,
  { file: place, ended }: SavedCursor,
  options: ResumeOptions,
): WrittenLines | null {
  // After a clean end, whatever is there now was not written by a reader.
  if (place === null || ended) return null;
  const now = file.stat();
  const report = (text: string) => {
    complain(`${path}: ${text}`);
    return null;
  };
  if (!isNamedBy(now, place)) {
    const renamed = findRenamed(libc, path, place);
    if (renamed === null) {
      return report(
        "not the file that the cursor names, which was renamed, removed or " +
          `replaced: ${TWICE}`,
      );
    }
    if (renamed.bytes < place.bytes) {
      return report(`renamed to ${renamed.path}, and cut: ${TWICE}`);
    }
    try {
      using reader = new FileReader(libc, renamed.path);
      return linesOf(reader, renamed.path, place, {
        completes: false,
        ...options,
      });
    } catch (error) {
      return report(`renamed to ${renamed.path}: ${reasonOf(error)}: ${TWICE}`);
    }
  }
  if (now.bytes < place.bytes) {
    return report(
      `shorter than when the cursor was saved, ${now.bytes} bytes of ` +
        `${place.bytes}: it was cut, perhaps after it was copied: ${TWICE}`,
    );
  }
  return linesOf(file, path, place, { completes: true, ...options });
}

/** Reads the lines behind a place. */
function linesOf(
  file: Looked,
  path: string,
  place: FilePlace,
  { readsAgain, ...options }: WrittenOptions & ResumeOptions,
): WrittenLines | null {
  const now = file.stat();
  const behind = now.bytes - place.bytes;
  if (behind <= 0) {
    if (readsAgain && mayBeCut(file, place)) {
      complain(
        `${path}: ends where it did when the cursor was saved: it may have ` +
          `been cut since then, perhaps after it was copied: if so, ${TWICE}`,
      );
    }
    return null;
  }
  let doubt = "it may not be read";
  if (!isNamedBy(now, place)) doubt = "it has just been replaced";
  else if (behind > LINES_BYTES_MAX) doubt = "they are too many to be compared";
  else if (file.read(0, 0) !== null) {
    const read = (at: number, bytes: number) => file.read(at, bytes)!;
    doubt = doubtOf(place, tailBefore(read, place.bytes));
    if (doubt === "") {
      return new WrittenLines(read(place.bytes, behind), options);
    }
  }
  complain(
    `${path}: the last ${behind} bytes, behind the saved cursor, are not ` +
      `compared with what is read again: ${doubt}: these records may be ` +
      "there twice",
  );
  return null;
}

/**
 * Tells whether a file that ends at a place may have been cut there, or may
 * have been cut and filled again up to there. If the text before the place is
 * still the same, nobody has emptied the file.
 */
function mayBeCut(file: Looked, place: FilePlace): boolean {
  if (place.bytes === 0) return true;
  if (file.read(0, 0) === null) return false;
  const read = (at: number, bytes: number) => file.read(at, bytes)!;
  return isChanged(place, tailBefore(read, place.bytes));
}

/** Finds the file that the cursor names, if its name begins with FILE's. */
function findRenamed(
  libc: Libc,
  path: string,
  place: FilePlace,
): { path: string; bytes: number } | null {
  const folder = directoryOf(path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  for (const entry of listed(libc, folder)) {
    if (!entry.startsWith(name)) continue;
    const other = `${folder}/${entry}`;
    const stat = statPath(libc, other);
    if (stat !== null && isNamedBy(stat, place)) {
      return { path: other, bytes: stat.bytes };
    }
  }
  return null;
}

/** Lists a folder; returns nothing if it may be written to but not read. */
function listed(libc: Libc, folder: string): string[] {
  try {
    return namesIn(libc, folder);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return [];
  }
}
