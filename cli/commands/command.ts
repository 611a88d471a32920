// SPDX-License-Identifier: MIT
/**
 * What a command is.
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
  /** Options it takes, beside help and version. */
  readonly options: readonly OptionName[];
  /**
   * Flags that say what it does anyway; people give them out of habit, and they
   * change nothing.
   */
  readonly implied?: readonly OptionName[];
  /**
   * Does its work.
   *
   * @returns When it is done; the exit code is then 0.
   * @throws {UsageError} for exit code 2, any other error for 1.
   */
  run(options: OptionValues): Promise<void>;
}
