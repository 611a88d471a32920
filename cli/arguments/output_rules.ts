// SPDX-License-Identifier: MIT
/**
 * Turns -f, -S and -N into the file that records go to.
 *
 * @module
 */
import type { OutputRules } from "../files/open_target.ts";
import type { OptionValues } from "./options.ts";
import { refused } from "./refused.ts";

const FILES_MAX = 1000;
/** How many files are kept if -N is not given: the current and the previous. */
const FILES_DEFAULT = 2;

/**
 * Returns the file, at which size it is renamed, and how many are kept.
 *
 * @returns Undefined if records go to standard output.
 * @throws {UsageError} naming the option.
 */
export function outputRules(options: OptionValues): OutputRules | undefined {
  const { file: path, "rotate-mib": limitBytes, "keep-files": count } = options;
  if (path === undefined) return undefined;
  const files = count ?? FILES_DEFAULT;
  if (files > FILES_MAX) {
    const why = `: of one file ${FILES_MAX} are kept at most, not ${files}`;
    throw refused("keep-files", why);
  }
  return { path, rotation: { limitBytes, files } };
}
