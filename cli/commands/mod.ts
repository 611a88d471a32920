// SPDX-License-Identifier: MIT
/**
 * The commands, one file each. To add one: write it in a file of its own, list
 * the options it takes, and append it to `COMMANDS`; parser and help follow.
 *
 * @module
 */
import { CONVERT } from "./convert.ts";
import { DUMP } from "./dump.ts";
import { INFO } from "./info.ts";
import { LIST } from "./list.ts";
import type { Command } from "./command.ts";
import { READ } from "./read.ts";
import { RECORD } from "./record.ts";

/** All commands, in the order of help. */
export const COMMANDS: readonly Command[] = [
  READ,
  LIST,
  INFO,
  DUMP,
  RECORD,
  CONVERT,
];

/** The command that runs if the command line names none. */
export const DEFAULT_COMMAND: Command = READ;
