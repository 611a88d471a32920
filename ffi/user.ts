// SPDX-License-Identifier: MIT
/**
 * Users of this host. Source: getpwnam(3), geteuid(2).
 *
 * @module
 */
import { cString, type Libc } from "./libc.ts";

/** `pw_uid` in struct passwd, behind two pointers; pwd.h, 64-bit machines. */
const PW_UID_OFFSET = 16;

/** The id this process acts under. */
export function ownUid(libc: Libc): number {
  return libc.symbols.geteuid();
}

/**
 * The id of a user, by name, from wherever this host keeps its users.
 *
 * @returns Null where there is no such user.
 * @throws {RangeError} where the name holds a NUL.
 */
export function uidOfUser(libc: Libc, name: string): number | null {
  const entry = libc.symbols.getpwnam(cString(name));
  if (entry === null) return null;
  return new Deno.UnsafePointerView(entry).getUint32(PW_UID_OFFSET);
}
