// SPDX-License-Identifier: MIT
/**
 * The names that `record` gives to what it makes, and whether a path is in
 * something that it has made. This imports little, because every command checks
 * its outputs with it.
 *
 * @module
 */
import { namesIn } from "../../ffi/list_directory.ts";
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { statTarget } from "../../ffi/stat.ts";
import { foldersAbove } from "../files/identity.ts";

export const CHUNK = /^chunk-\d+$/;
export const SESSION = /^session-\d+$/;
export const EPOCH = /^epoch-\d+$/;
/** The file of a stream of packets. */
export const RING = /^ring-(\d+)$/;
/** A folder within a trace, which CTF tools do not look into. */
export const INFO_FOLDER = "ivring";
/** A file in this folder. */
export const INFO_FILE = "trace.json";

/** Another file in this folder, which need not be there. */
export const SYMBOLS_FILE = "symbols";

/** Returns the path of `SYMBOLS_FILE`, in a trace's folder. */
export function symbolsPath(folder: string): string {
  return `${folder}/${INFO_FOLDER}/${SYMBOLS_FILE}`;
}

/** Returns the path of `INFO_FILE`, in a trace's folder. */
export function infoPath(folder: string): string {
  return `${folder}/${INFO_FOLDER}/${INFO_FILE}`;
}

/**
 * Tells whether a folder is one that `record` has made for one epoch of a
 * guest.
 */
export function isTrace(libc: Libc, folder: string): boolean {
  return statTarget(libc, infoPath(folder))?.kind === "file";
}

/** Tells whether a path is in such a folder, or in one below it. */
export function isInTrace(libc: Libc, path: string): boolean {
  return foldersAbove(libc, path)
    .some((folder) => unlessRefused(() => isTrace(libc, folder)));
}

/**
 * Tells whether a path is anywhere in the folder of a recording: in a trace's
 * folder, or in one that holds chunks, sessions or epochs.
 */
export function isInRecording(libc: Libc, path: string): boolean {
  return foldersAbove(libc, path)
    .some((folder) => unlessRefused(() => isRecording(libc, folder)));
}

function isRecording(libc: Libc, folder: string): boolean {
  const isPart = (name: string) =>
    [CHUNK, SESSION, EPOCH].some((pattern) => pattern.test(name));
  return isTrace(libc, folder) ||
    namesIn(libc, folder).filter(isPart).some((name) =>
      unlessRefused(() => isRecording(libc, `${folder}/${name}`))
    );
}

/**
 * Returns false for a folder that this user may not look at, because this user
 * cannot harm it, either.
 */
function unlessRefused(look: () => boolean): boolean {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return false;
  }
}
