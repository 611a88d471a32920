// SPDX-License-Identifier: MIT
/**
 * How `record` names what it makes, and whether a path is in something that it
 * has made. Every command asks that of its outputs, so that little is loaded
 * here.
 *
 * @module
 */
import { namesIn } from "../../ffi/directory.ts";
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { statTarget } from "../../ffi/stat.ts";
import { foldersAbove } from "../files/identity.ts";

export const CHUNK = /^chunk-\d+$/;
export const SESSION = /^session-\d+$/;
export const EPOCH = /^epoch-\d+$/;
/** A stream of packets. */
export const RING = /^ring-(\d+)$/;
/** Folder within a trace; CTF tools read no folders. */
export const INFO_FOLDER = "ivring";
/** File in it. */
export const INFO_FILE = "trace.json";

/** Returns where that file is, in a trace's folder. */
export function infoPath(folder: string): string {
  return `${folder}/${INFO_FOLDER}/${INFO_FILE}`;
}

/** Tells whether `record` has made a folder for one epoch of a guest. */
export function isTrace(libc: Libc, folder: string): boolean {
  return statTarget(libc, infoPath(folder))?.kind === "file";
}

/** Tells whether a path is in such a folder, or in one below it. */
export function isInTrace(libc: Libc, path: string): boolean {
  return foldersAbove(libc, path)
    .some((folder) => unlessRefused(() => isTrace(libc, folder)));
}

/**
 * Tells whether a path is anywhere in the folder of a recording: that of a
 * trace, or one that its chunks, sessions and epochs are in.
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

/** A folder that this user may not look at is not one that may be harmed. */
function unlessRefused(look: () => boolean): boolean {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return false;
  }
}
