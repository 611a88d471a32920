// SPDX-License-Identifier: MIT
/**
 * From the options to where records go.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { CommandError, UsageError } from "../errors.ts";
import { wholeNumber } from "../numbers.ts";
import type { OptionValues } from "../options.ts";
import { RotatingFile, type RotationRules } from "./rotating_file.ts";

const MIB = 1 << 20;
const MIB_MAX = 1 << 20;
const FILES_MAX = 1000;
/** The file and the one before it. */
const FILES_DEFAULT = 2;

/**
 * Opens FILE.
 *
 * @returns Null where records go to standard output.
 * @throws {UsageError} naming the flag.
 * @throws {CommandError} naming FILE, where it cannot be opened.
 */
export function openFile(
  libc: Libc,
  options: OptionValues,
): RotatingFile | null {
  const rules = rotationRules(options);
  if (options.file === "") return null;
  try {
    return new RotatingFile(libc, options.file, rules);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw new CommandError(
      `${error.message}: check that -f names a file that may be written`,
      { cause: error },
    );
  }
}

/**
 * Whether text has to be made safe for a terminal.
 *
 * @throws {UsageError} naming the flag.
 */
export function isSafe({ raw, safe, file }: OptionValues): boolean {
  if (raw && safe) {
    throw new UsageError("option --raw: not together with --safe");
  }
  return safe || (!raw && file === "" && Deno.stdout.isTerminal());
}

function rotationRules(options: OptionValues): RotationRules {
  const { "rotate-mib": size, "keep-files": count, file } = options;
  if (file === "" && size + count !== "") {
    const flag = size === "" ? "-N, --keep-files" : "-S, --rotate-mib";
    throw new UsageError(`option ${flag} is for -f, --file only`);
  }
  if (size === "" && count !== "") {
    throw new UsageError("option -N, --keep-files needs -S, --rotate-mib too");
  }
  return {
    limitBytes: size === ""
      ? Infinity
      : wholeNumber("-S, --rotate-mib", size, MIB_MAX) * MIB,
    files: count === ""
      ? FILES_DEFAULT
      : wholeNumber("-N, --keep-files", count, FILES_MAX),
  };
}
