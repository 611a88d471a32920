// SPDX-License-Identifier: MIT
/**
 * Refuses an option.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { flagOf, type OptionName, OPTIONS } from "./options.ts";

/**
 * Returns the error that refuses an option. It begins with the option as it is
 * written, such as "option -s, --shm".
 *
 * @param why The rest: ": \"x\" is no number", " needs --create".
 */
export function refused(name: OptionName, why: string): UsageError {
  return new UsageError(`option ${flagOf(name, OPTIONS[name])}${why}`, name);
}
