// SPDX-License-Identifier: MIT
/**
 * Decides which shared memory objects are read: a process that may write to an
 * object can write anything into its reader's logs.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import type { MakeOptions } from "../../ffi/shm_object.ts";
import type { FileStat } from "../../ffi/stat.ts";
import { nameOfUser } from "../../ffi/user.ts";
import { CommandError } from "../errors.ts";
import { modeText, userText } from "../console/users_and_processes.ts";

/** The rules that an object has to meet. */
export interface ObjectRules {
  /** The user ids of those who may own it. */
  readonly owners: ReadonlySet<number>;
  /** Its least size; 0 if that does not matter. */
  readonly leastBytes: number;
  /** Id of the user who may connect to the reader; undefined for its own. */
  readonly peer?: number;
  /** How it is made if it is missing; null to wait for it. */
  readonly make: MakeOptions | null;
}

const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_ALL = 0o004;

/**
 * Refuses an object that others could have put there or could write to.
 *
 * @param name The object's name.
 * @throws {CommandError} naming the reason and what to do.
 */
export function admit(
  libc: Libc,
  name: string,
  stat: FileStat,
  { owners, leastBytes }: ObjectRules,
): void {
  const reason = refusal(libc, stat, owners);
  if (reason !== null) throw new CommandError(reason, { subject: name });
  // An object without a size is still being made: it gets its size last.
  if (stat.bytes === 0 || stat.bytes >= leastBytes) return;
  throw new CommandError(
    `has ${stat.bytes} bytes, and -m, --size asks for ${leastBytes}`,
    { subject: name, todo: "give the size that the ivshmem device has" },
  );
}

function refusal(
  libc: Libc,
  { kind, links, uid, mode }: FileStat,
  owners: ReadonlySet<number>,
): string | null {
  if (kind !== "file") {
    return `is a ${kind}, no shared memory object: remove it, or check -s`;
  }
  if (links > 1) {
    return `has ${links} names (hard links), and should have one: ` +
      "find who made them, and remove the others";
  }
  if (!owners.has(uid)) {
    const flag = `--owner ${nameOfUser(libc, uid) ?? uid}`;
    return `belongs to ${userText(libc, uid)}, who is not trusted: give ` +
      `${flag} if this is the user that QEMU runs as`;
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    return `may be written to by others than its owner (mode ` +
      `${modeText(mode)}): take that away with chmod go-w`;
  }
  return null;
}

/**
 * Returns a warning about an object that is read all the same.
 *
 * @returns The warning, worded to follow the object's name; null for none.
 */
export function exposure(stat: FileStat): string | null {
  if ((stat.mode & READABLE_BY_ALL) === 0) return null;
  return `may be read by every user of this host (mode ${
    modeText(stat.mode)
  }): ` +
    "take that away with chmod o-r";
}
