// SPDX-License-Identifier: MIT
/**
 * The description of a command.
 *
 * @module
 */
import type { OptionName, OptionValues } from "../arguments/options.ts";

/** One command. */
export interface Command {
  /** The word that selects it. */
  readonly name: string;
  /** One line for help. */
  readonly summary: string;
  /** The options that it takes, besides those that every command takes. */
  readonly options: readonly OptionName[];
  /**
   * Flags that ask for what it does anyway. They are accepted, because people
   * give them out of habit, and change nothing.
   */
  readonly implied?: readonly OptionName[];
  /**
   * Does its work. It loads the code for that only now, because the start of the
   * program takes the longer the more code it loads.
   *
   * @returns When it is done; the exit code is then 0.
   * @throws {UsageError} for exit code 2, any other error for 1.
   */
  run(options: OptionValues): Promise<void>;
}
