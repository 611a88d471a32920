// SPDX-License-Identifier: MIT
/**
 * Decides what a trace.dat file may replace: another trace.dat file, or an
 * empty file that nobody uses.
 *
 * @module
 */
import { readFileStart } from "../../ffi/file_start.ts";
import type { Libc } from "../../ffi/libc.ts";
import { statPath } from "../../ffi/stat.ts";
import { CommandError } from "../errors.ts";
import { HeldFile } from "../files/held_file.ts";
import { TRACE_DAT_START } from "./trace_dat_head.ts";

/**
 * Locks the file that has the name, so that nobody begins to write to it until
 * it is replaced.
 *
 * @throws {CommandError} naming the file and what to do, if it must be left as
 * it is.
 */
export function holdTarget(libc: Libc, path: string): HeldFile {
  const refused = (reason: string, todo = "") =>
    new CommandError(reason, {
      subject: path,
      todo: `${todo === "" ? "" : `${todo}, or `}give -o another path`,
    });
  const held = new HeldFile(libc, path, refused);
  try {
    if (isReplaceable(libc, path)) return held;
    throw refused("is not a trace.dat file, and is not replaced");
  } catch (error) {
    held[Symbol.dispose]();
    throw error;
  }
}

/**
 * Tells whether a file may be replaced. A file that this user may not read may
 * not be, because its content is unknown.
 */
function isReplaceable(libc: Libc, path: string): boolean {
  if ((statPath(libc, path)?.bytes ?? 0) === 0) return true;
  const start = readFileStart(libc, path, TRACE_DAT_START.length);
  return start !== null && start.length === TRACE_DAT_START.length &&
    start.every((byte, i) => byte === TRACE_DAT_START[i]);
}
