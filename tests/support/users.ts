// SPDX-License-Identifier: MIT
/**
 * Tells who runs the tests.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { ownUid } from "../../ffi/user.ts";

/**
 * Returns the user id of this process; 0 is root, who may change a file's
 * owner.
 */
export function testerUid(): number {
  using libc = new Libc();
  return ownUid(libc);
}
