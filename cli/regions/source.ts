// SPDX-License-Identifier: MIT
/**
 * One region, to be looked at: an object, or a copy of one in a file.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { oneObject } from "./objects.ts";
import type { OptionName, OptionValues } from "../options.ts";
import { checkName } from "./wait.ts";

/** Options of every command that looks at one region. */
export const SOURCE_OPTIONS: readonly OptionName[] = ["shm", "image", "owner"];

/**
 * Checks that these options name one region.
 *
 * @throws {UsageError} naming the flag.
 */
export function checkSource(options: OptionValues): void {
  const { image, shm } = options;
  if (image === "") checkName(oneObject(options));
  else if (shm.length > 0) {
    throw new UsageError("option --image: not together with -s, --shm");
  }
}
