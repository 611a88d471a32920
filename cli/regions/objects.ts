// SPDX-License-Identifier: MIT
/**
 * Which shared memory objects are read, and making one. Who may write to the
 * object may write anything into the logs of whoever reads it.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import type { MakeOptions } from "../../ffi/shm_object.ts";
import type { FileStat } from "../../ffi/stat.ts";
import { ownUid, uidOfUser } from "../../ffi/user.ts";
import { ABI } from "../../ring/layout.ts";
import { CommandError, UsageError } from "../errors.ts";
import type { OptionName, OptionValues } from "../options.ts";

/** Options of every command that reads an object. */
export const OBJECT_OPTIONS: readonly OptionName[] = [
  "owner",
  "size",
  "create",
  "mode",
];

/** What an object has to be like. */
export interface ObjectRules {
  /** Who may own it, as user ids. */
  readonly owners: ReadonlySet<number>;
  /** Its least size; 0 if that does not matter. */
  readonly leastBytes: number;
  /** Who uses a socket of ours, as a user id; undefined if we do. */
  readonly peer?: number;
  /** How it is made where it is missing; null to wait for it. */
  readonly make: MakeOptions | null;
}

const ROOT = 0;
const MIB = 1 << 20;
const WRITABLE_BY_OTHERS = 0o022;
const READABLE_BY_ALL = 0o004;

/**
 * Takes the rules from the options.
 *
 * @throws {UsageError} naming the flag.
 */
export function objectRules(libc: Libc, options: OptionValues): ObjectRules {
  const self = ownUid(libc);
  const given = options.owner.flatMap((users) => users.split(",")).filter((
    user,
  ) => user !== "")
    .map((user) => userId(libc, user));
  const leastBytes = sizeBytes(options.size);
  const mode = modeBits(options.mode);
  if (options.create && leastBytes === 0) {
    throw new UsageError("option --create needs a size: give -m, --size MIB");
  }
  // Only root may give a file away, and only to one.
  const uid = self === ROOT && given.length === 1 ? given[0] : undefined;
  const makes = options.create ||
    (options.server.length > 0 && leastBytes > 0);
  return {
    owners: new Set([ROOT, self, ...given]),
    leastBytes,
    peer: uid,
    make: makes ? { bytes: leastBytes, mode, uid } : null,
  };
}

/**
 * The object of a command that reads one.
 *
 * @throws {UsageError} where several are given.
 */
export function oneObject({ shm }: OptionValues): string {
  if (shm.length <= 1) return shm[0] ?? "";
  throw new UsageError("option -s, --shm: this command takes one object");
}

function userId(libc: Libc, user: string): number {
  // 0xffffffff is no user: chown(2) takes it for "unchanged".
  const uid = /^\d+$/.test(user) ? Number(user) : uidOfUser(libc, user);
  if (uid !== null && uid < 0xffffffff) return uid;
  throw new UsageError(`option --owner: there is no user "${user}"`);
}

function sizeBytes(size: string): number {
  if (size === "") return 0;
  const mebibytes = /^\d{1,9}$/.test(size) ? Number(size) : 0;
  const most = ABI.REGION_BYTES_MAX / MIB;
  if (
    mebibytes > 0 && mebibytes <= most && Number.isInteger(Math.log2(mebibytes))
  ) {
    return mebibytes * MIB;
  }
  throw new UsageError(
    `option -m, --size: "${size}" is no power of two from 1 to ${most}, in MiB`,
  );
}

function modeBits(text: string): number {
  const mode = /^[0-7]{3,4}$/.test(text) ? parseInt(text, 8) : -1;
  if (mode < 0 || mode > 0o777) {
    throw new UsageError(`option --mode: "${text}" is no octal mode like 600`);
  }
  if ((mode & WRITABLE_BY_OTHERS) === 0) return mode;
  throw new UsageError(
    `option --mode: ${text} lets others than the owner write: no object that ` +
      "they can write to is read",
  );
}

/**
 * Refuses an object that others could have put there or could write to.
 *
 * @param name The object's name.
 * @throws {CommandError} naming the reason and what to do.
 */
export function admit(
  name: string,
  stat: FileStat,
  { owners, leastBytes }: ObjectRules,
): void {
  const reason = refusal(stat, owners);
  if (reason !== null) throw new CommandError(`${name} ${reason}`);
  // Whoever makes it gives it its size last.
  if (stat.bytes === 0 || stat.bytes >= leastBytes) return;
  throw new CommandError(
    `${name} has ${stat.bytes} bytes, and -m, --size asks for ${leastBytes}: ` +
      "give the size that the ivshmem device has",
  );
}

function refusal(
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
    return `belongs to user ${uid}, who is not trusted: give --owner ${uid} ` +
      "if this is the user that QEMU runs as";
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    return `may be written to by others than its owner (mode ` +
      `${octal(mode)}): take that away with chmod go-w`;
  }
  return null;
}

/**
 * Looks for what is read all the same, but should be known.
 *
 * @returns A warning to put behind the object's name; or null.
 */
export function exposure(stat: FileStat): string | null {
  if ((stat.mode & READABLE_BY_ALL) === 0) return null;
  return `may be read by every user of this host (mode ${octal(stat.mode)}): ` +
    "take that away with chmod o-r";
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
