// SPDX-License-Identifier: MIT
/**
 * Who runs the tests.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { ownUid } from "../../ffi/user.ts";

/** User id of this process; 0 is root, who may give files away. */
export function testerUid(): number {
  using libc = new Libc();
  return ownUid(libc);
}
