// SPDX-License-Identifier: MIT
/**
 * The commands, one file each. To add one: write it in a file of its own, list
 * the options it takes, and append it to `COMMANDS`; parser and help follow.
 *
 * @module
 */
import { CONVERT } from "./commands/convert.ts";
import { DUMP } from "./commands/dump.ts";
import { INFO } from "./commands/info.ts";
import { LIST } from "./commands/list.ts";
import type { OptionName, OptionValues } from "./options.ts";
import { READ } from "./commands/read.ts";
import { RECORD } from "./commands/record.ts";

/** One command. */
export interface Command {
  /** The word that selects it. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /** Options it takes, beside help and version. */
  readonly options: readonly OptionName[];
  /**
   * Does its work.
   *
   * @returns When it is done; the exit code is then 0.
   * @throws {UsageError} for exit code 2, any other error for 1.
   */
  run(options: OptionValues): Promise<void>;
}

/** All commands, in the order of help. */
export const COMMANDS: readonly Command[] = [
  READ,
  LIST,
  INFO,
  DUMP,
  RECORD,
  CONVERT,
];

/** What is done where the command line names no command. */
export const DEFAULT_COMMAND: Command = READ;
