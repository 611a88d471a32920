// SPDX-License-Identifier: MIT
/**
 * Users of this host. Source: getpwnam(3), getpwuid(3), geteuid(2).
 *
 * @module
 */
import { cString, type Libc } from "./libc.ts";

/** `pw_name` in struct passwd, a pointer; pwd.h, 64-bit machines. */
const PW_NAME_OFFSET = 0;
/** `pw_uid` in struct passwd, after two pointers. */
const PW_UID_OFFSET = 16;

/** Returns the id of the user that this process acts as. */
export function ownUid(libc: Libc): number {
  return libc.symbols.geteuid();
}

/**
 * Returns the id of a user by name, from whatever source of users this host
 * has.
 *
 * @returns Null if there is no such user.
 * @throws {RangeError} if the name holds a NUL.
 */
export function uidOfUser(libc: Libc, name: string): number | null {
  const entry = libc.symbols.getpwnam(cString(name));
  if (entry === null) return null;
  return new Deno.UnsafePointerView(entry).getUint32(PW_UID_OFFSET);
}

/**
 * Returns the name of a user, from whatever source of users this host has.
 *
 * @returns Null if there is no such user.
 */
export function nameOfUser(libc: Libc, uid: number): string | null {
  const entry = libc.symbols.getpwuid(uid);
  if (entry === null) return null;
  const name = new Deno.UnsafePointerView(entry).getPointer(PW_NAME_OFFSET);
  return name === null ? null : new Deno.UnsafePointerView(name).getCString();
}
