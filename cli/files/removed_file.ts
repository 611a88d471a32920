// SPDX-License-Identifier: MIT
/**
 * Makes a file again that was removed while it was written.
 *
 * Whoever follows a file by its name, as `tail -F` does, sees nothing of a file
 * that no longer has one. A file that was only renamed is left alone: somebody,
 * such as logrotate, still uses it, and it is written to until SIGHUP.
 *
 * @module
 */
import { makeFolder } from "../../ffi/names.ts";
import type { Libc } from "../../ffi/libc.ts";
import { statPath } from "../../ffi/stat.ts";
import { directoryOf } from "../../ffi/fsync.ts";
import { reasonOf } from "../console/explain.ts";
import { complain } from "../console/messages.ts";
import { AppendFile } from "./append_file.ts";
import { PassingError } from "../console/write_trouble.ts";

/** How many bytes are copied at once. */
const CHUNK_BYTES = 1 << 20;

/** A file that has lost its name. */
export interface Removed {
  /** The file itself, which is still open. */
  readonly file: AppendFile;
  readonly path: string;
  /** Its length when it was last seen to have a name. */
  readonly seenBytes: number;
  /** How many bytes were written to it since then. */
  readonly newBytes: number;
  /** Permission bits that its folder had. */
  readonly folderMode: number;
}

/**
 * Opens the path again, copies there what may have been written after the
 * removal, and reports both.
 *
 * @returns The new file.
 * @throws {PassingError} while that is not possible; nothing was copied then.
 */
export function remake(libc: Libc, removed: Removed): AppendFile {
  const { path, folderMode } = removed;
  try {
    const folder = remakeFolder(libc, directoryOf(path), folderMode);
    const next = new AppendFile(libc, path);
    const unseen = unseenBytes(removed);
    const copied = copyEnd(removed, next);
    const what = folder === "" ? path : `${path} and its folder`;
    const lost = unseen - copied;
    const cut = Math.max(0, removed.newBytes - unseen);
    complain(
      `${what}: removed while it was written: made again, with the last ` +
        `${copied} bytes` +
        (lost > 0
          ? `; ${lost} more, written since it was seen, are gone with it`
          : "") +
        (cut > 0 ? `; ${cut} more had been cut off before by others` : ""),
    );
    return next;
  } catch (error) {
    // The removed file is gone once this process ends, so what is only in it
    // may never be copied.
    const bytes = unseenBytes(removed);
    const only = bytes === 0
      ? ""
      : `; the last ${bytes} bytes written to it are in no other file`;
    const reason = reasonOf(error);
    throw new PassingError(
      `${path}: removed while it was written, and cannot be made again: ` +
        reason + only,
      { cause: error },
    );
  }
}

/**
 * Returns how many bytes at the file's end were written after the file was last
 * seen to have a name. Others may have cut the file since then, so its length
 * alone does not show this.
 */
function unseenBytes({ file, seenBytes, newBytes }: Removed): number {
  const { bytes } = file.stat();
  return Math.max(bytes - seenBytes, Math.min(bytes, newBytes));
}

/**
 * Makes a folder again, if it is missing.
 *
 * @param mode Permission bits that it had.
 * @returns The folder; "" if it was there.
 * @throws {SyscallError} if it cannot be made, such as EACCES or ENOENT.
 */
export function remakeFolder(
  libc: Libc,
  folder: string,
  mode: number,
): string {
  if (statPath(libc, folder) !== null) return "";
  return makeFolder(libc, folder, mode) ? folder : "";
}

/**
 * Copies the end of the removed file, or nothing of it.
 *
 * @returns Bytes copied.
 */
function copyEnd(removed: Removed, next: AppendFile): number {
  const { file } = removed;
  const start = next.stat().bytes;
  try {
    const end = file.stat().bytes;
    for (let at = end - unseenBytes(removed); at < end;) {
      const bytes = file.read(at, Math.min(CHUNK_BYTES, end - at));
      if (bytes === null || bytes.length === 0) break;
      for (let done = 0; done < bytes.length;) {
        done += next.writeNow(bytes.subarray(done));
      }
      at += bytes.length;
    }
    return next.stat().bytes - start;
  } catch (error) {
    next.truncate(start);
    next.close();
    throw error;
  }
}
