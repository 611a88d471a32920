// SPDX-License-Identifier: MIT
/**
 * Numbers of the constants that formats name. A format does not have them, but
 * the type information of the kernel and its modules (BTF) does.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";

/** Numbers by names. */
export type Constants = ReadonlyMap<string, number>;

/** No constants: what a format itself says has to be enough. */
export const NO_CONSTANTS: Constants = new Map();

const read = new Map<string, Constants>();

/**
 * Returns the constants of a kernel; for an unknown one, those that are the
 * same in all known ones.
 *
 * @param set The name of its folder, such as "f61".
 */
export function constantsOf(set: string): Constants {
  let constants = read.get(set);
  if (constants === undefined) {
    const path = `${ROOT}/tests/fixtures/oracle_constants.json`;
    const all = JSON.parse(Deno.readTextFileSync(path));
    const own = { ...all.both, ...all[set] };
    constants = new Map(Object.entries<number>(own));
    read.set(set, constants);
  }
  return constants;
}
