// SPDX-License-Identifier: MIT
/**
 * Parses lists of users.
 *
 * @module
 */
import { ValueError } from "../errors.ts";

/**
 * Checks a list such as "libvirt-qemu,64055": it has to name a user.
 *
 * @returns The same text.
 * @throws {ValueError}
 */
export function userList(text: string): string {
  if (usersOf(text).length > 0) return text;
  throw new ValueError(`"${text}" names no user`);
}

/** Splits such a list into users. */
export function usersOf(text: string): string[] {
  return text.split(",").filter((user) => user !== "");
}
