// SPDX-License-Identifier: MIT
/**
 * Turns --owner, -m, --create and --mode into rules for objects.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { ownUid, uidOfUser } from "../../ffi/user.ts";
import type { ObjectRules } from "../regions/objects.ts";
import type { OptionName, OptionValues } from "./options.ts";
import { refused } from "./refused.ts";
import { usersOf } from "./user_list.ts";

/** Options of every command that reads an object. */
export const OBJECT_OPTIONS: readonly OptionName[] = [
  "owner",
  "size",
  "create",
  "mode",
];

const ROOT = 0;
/** The users that libvirt runs QEMU as, on Debian and Ubuntu, and on Fedora. */
const QEMU_USERS: readonly string[] = ["libvirt-qemu", "qemu"];
/**
 * Turns the options into the rules that an object has to meet.
 *
 * @throws {UsageError} naming the option.
 */
export function objectRules(libc: Libc, options: OptionValues): ObjectRules {
  const self = ownUid(libc);
  const users = options.owner.flatMap(usersOf);
  const given = new Set(users.map((user) => userId(libc, user)));
  const { mode } = options;
  const leastBytes = options.size ?? 0;
  // Only root may give a file away, and a file has only one owner.
  const [only] = given;
  const uid = self === ROOT && given.size === 1 ? only : undefined;
  const makes = options.create ||
    (options.server.length > 0 && leastBytes > 0);
  return {
    owners: new Set([...trusted(libc, self), ...given]),
    leastBytes,
    peer: uid,
    make: makes ? { bytes: leastBytes, mode, uid } : null,
  };
}

/**
 * Returns the users that are trusted without being named. Root also trusts the
 * users that libvirt runs QEMU as, because root has set libvirt up.
 */
function trusted(libc: Libc, self: number): number[] {
  if (self !== ROOT) return [ROOT, self];
  const qemu = QEMU_USERS.map((user) => uidOfUser(libc, user));
  return [ROOT, ...qemu.filter((uid) => uid !== null)];
}

function userId(libc: Libc, user: string): number {
  // 0xffffffff is no user: chown(2) takes it for "unchanged".
  const uid = /^\d+$/.test(user) ? Number(user) : uidOfUser(libc, user);
  if (uid !== null && uid < 0xffffffff) return uid;
  throw refused("owner", `: there is no user "${user}"`);
}
