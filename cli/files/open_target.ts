// SPDX-License-Identifier: MIT
/**
 * Opens the file that records go to.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { checkFolderWritable } from "../../ffi/names.ts";
import { directoryOf } from "../../ffi/fsync.ts";
import { explained, reasonOf } from "../console/explain.ts";
import { CommandError } from "../errors.ts";
import { RotatingFile, type RotationRules } from "./rotating_file.ts";

/** The file that records go to. */
export interface OutputRules {
  readonly path: string;
  readonly rotation: RotationRules;
}

/**
 * Opens FILE.
 *
 * @throws {CommandError} naming FILE, if it cannot be opened.
 */
export function openFile(
  libc: Libc,
  { path, rotation }: OutputRules,
): RotatingFile {
  try {
    checkRotates(libc, path, rotation);
    return new RotatingFile(libc, path, rotation);
  } catch (error) {
    throw explained(error, "-f");
  }
}

/** Codes of the errors that say that a folder may not be written to. */
const REFUSED: readonly string[] = ["EACCES", "EPERM", "EROFS"];

/**
 * Refuses a log that could not be rotated. A log that is the only one kept
 * needs no check, because it is emptied, for which its folder does not matter.
 */
function checkRotates(
  libc: Libc,
  path: string,
  { limitBytes, files }: RotationRules,
): void {
  if (limitBytes === undefined || files === 1) return;
  const folder = directoryOf(path);
  try {
    checkFolderWritable(libc, folder);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (!REFUSED.includes(error.code)) return; // opening the log reports why
    throw new CommandError(
      `could not be rotated (-S), because ${folder} may not be written to: ` +
        reasonOf(error),
      { subject: path, todo: "give -f another path", cause: error },
    );
  }
}
