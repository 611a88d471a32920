// SPDX-License-Identifier: MIT
/**
 * Getting hold of a region: it may not be there yet, or not formatted yet.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { makeObject, type MakeOptions, shmName } from "../../ffi/shm_object.ts";
import {
  RingCorruptError,
  RingFormatError,
  RingVersionError,
} from "../../ring/errors.ts";
import { readHeader } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import { CommandError, UsageError } from "../errors.ts";
import type { Messages } from "../messages.ts";
import { admit, exposure, type ObjectRules } from "./objects.ts";

/** A mapped region and what reads it. The owner closes the memory. */
export interface Attached<Reader> {
  readonly memory: SharedMemory;
  readonly reader: Reader;
}

/** Which object to attach to. */
export interface AttachOptions {
  /** The object, "/NAME" or "NAME". */
  readonly name: string;
  /** What the object has to be like. */
  readonly rules: ObjectRules;
  readonly messages: Messages;
  /** Whether `name` is the path of a file that holds a copy of an object. */
  readonly image?: boolean;
  /** Whether the host pages will be written to. */
  readonly writable?: boolean;
  /** The object's memory, if it is mapped already; stays the caller's. */
  readonly memory?: SharedMemory;
}

/**
 * Maps the object and attaches to the region, if both are there.
 *
 * @param open Makes the reader of a region that is formatted.
 * @returns What is missing, for people; or the region.
 * @throws {CommandError} naming the object and what to do.
 */
export function tryAttach<Reader>(
  libc: Libc,
  options: AttachOptions,
  open: (memory: SharedMemory) => Reader,
): Attached<Reader> | string {
  const { name, image } = options;
  const found = options.memory === undefined
    ? image ? openImage(libc, name) : openMemory(libc, options)
    : { memory: options.memory, warning: null };
  if (found === null) return `no shared memory object ${name} yet`;
  const { memory, warning } = found;
  let kept = options.memory !== undefined;
  try {
    if (memory.bytes === 0) return `${name} has no size yet`;
    if (readHeader(memory.buffer) === null) return unformatted(name);
    const reader = open(memory);
    kept = true;
    if (warning !== null) options.messages.note(`${name} ${warning}`);
    return { memory, reader };
  } catch (error) {
    throw explainRegion(name, error);
  } finally {
    if (!kept) memory.close();
  }
}

function unformatted(name: string): string {
  return `no guest has formatted ${name} yet`;
}

/** An object's memory, and what is read all the same but should be known. */
export interface Opened {
  readonly memory: SharedMemory;
  /** To put behind the object's name; or null. */
  readonly warning: string | null;
}

/** A copy is the operator's own file, whoever may write to it. */
function openImage(libc: Libc, path: string): Opened {
  try {
    const mostBytes = ABI.REGION_BYTES_MAX;
    const memory = SharedMemory.openFile(libc, path, { mostBytes });
    return { memory, warning: null };
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw new CommandError(
      `${error.message}: check that --image names a copy of an object`,
      { cause: error },
    );
  }
}

/**
 * Maps an object that keeps to the rules; makes it first, if they say so.
 *
 * @returns Null where there is no such object.
 * @throws {CommandError} naming the object and what to do.
 */
export function openMemory(
  libc: Libc,
  { name, rules, writable = false }: Omit<AttachOptions, "messages">,
): Opened | null {
  let removed = false;
  let warning: string | null = null;
  try {
    if (rules.make !== null) makeOnce(libc, name, rules.make);
    const memory = SharedMemory.open(libc, name, {
      mostBytes: ABI.REGION_BYTES_MAX,
      writable,
      admit: (stat) => {
        removed = stat.links === 0;
        admit(name, stat, rules);
        warning = exposure(stat);
      },
    });
    if (!removed) return { memory, warning };
    memory.close();
    return null;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.code === "ENOENT") return null;
    throw explainSyscall(name, error, writable);
  }
}

/** Makes the object, unless there is one by now. */
function makeOnce(libc: Libc, name: string, options: MakeOptions): void {
  try {
    makeObject(libc, name, options);
  } catch (error) {
    if (!(error instanceof SyscallError && error.code === "EEXIST")) {
      throw error;
    }
  }
}

/**
 * Checks that there can be an object of this name.
 *
 * @throws {UsageError} where there can be none.
 */
export function checkName(name: string): void {
  try {
    shmName(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`option -s, --shm: ${error.message}`);
  }
}

/** What to do where it shall not wait. @param missing From {@linkcode tryAttach}. */
export function explainMissing(name: string, missing: string): string {
  const todo = missing === unformatted(name)
    ? "load the ivring driver in the guest"
    : "start the virtual machine first, or check the name";
  return `${missing}: ${todo}`;
}

/** What to do about a call that failed, by its reason. */
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: "run as a user who may read it",
  EPERM: "run as root",
  ENOSPC: "make room in /dev/shm",
};

function explainSyscall(
  name: string,
  error: SyscallError,
  writable: boolean,
): CommandError {
  const todo = writable && error.code === "EACCES"
    ? "run as a user who may write to it: --server and --lossless do"
    : REMEDIES[error.code] ??
      "check that -s names a shared memory object";
  return new CommandError(`${name}: ${error.message}: ${todo}`, {
    cause: error,
  });
}

/**
 * Names the object in an error of the region.
 *
 * @returns The error to throw; one that is not of the region as it is.
 */
export function explainRegion(name: string, error: unknown): unknown {
  if (error instanceof RingFormatError) {
    const todo = "check that -s names the object of the guest's ivshmem device";
    return new CommandError(`${name}: ${error.message}: ${todo}`, {
      cause: error,
    });
  }
  if (error instanceof RingCorruptError) {
    const todo = "load the ivring driver again, so that it formats the region";
    return new CommandError(`${name}: ${error.message}: ${todo}`, {
      cause: error,
    });
  }
  if (error instanceof RingVersionError) {
    return new CommandError(`${name}: ${error.message}`, { cause: error });
  }
  return error;
}
