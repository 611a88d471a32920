// SPDX-License-Identifier: MIT
/**
 * Splits a folder's tests, so that two processors finish them at the same time.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";

/**
 * Returns a folder's test files in two halves, each with every second file.
 *
 * @param folder Its path from the root of the repository.
 * @param leftOut Names of files that belong to neither.
 */
export function halvesOf(
  folder: string,
  leftOut: readonly string[] = [],
): [string[], string[]] {
  const files = [...Deno.readDirSync(`${ROOT}/${folder}`)]
    .map(({ name }) => name)
    .filter((name) => name.endsWith("_test.ts") && !leftOut.includes(name))
    .sort().map((name) => `${folder}/${name}`);
  const half = (which: number) => files.filter((_, i) => i % 2 === which);
  return [half(0), half(1)];
}
