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
import type { FileStat } from "../../ffi/stat.ts";
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
  { name, rules, messages, image = false }: AttachOptions,
  open: (buffer: ArrayBuffer) => Reader,
): Attached<Reader> | string {
  let warning: string | null = null;
  const memory = image
    ? openImage(libc, name)
    : openMemory(libc, name, rules, (stat) => {
      warning = exposure(stat);
    });
  if (memory === null) return `no shared memory object ${name} yet`;
  let kept = false;
  try {
    if (memory.bytes === 0) return `${name} has no size yet`;
    if (readHeader(memory.buffer) === null) return unformatted(name);
    const reader = open(memory.buffer);
    kept = true;
    if (warning !== null) messages.note(`${name} ${warning}`);
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

/** A copy is the operator's own file, whoever may write to it. */
function openImage(libc: Libc, path: string): SharedMemory {
  try {
    return SharedMemory.openFile(libc, path, {
      mostBytes: ABI.REGION_BYTES_MAX,
    });
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw new CommandError(
      `${error.message}: check that --image names a copy of an object`,
      { cause: error },
    );
  }
}

/** @returns Null where there is no such object. */
function openMemory(
  libc: Libc,
  name: string,
  rules: ObjectRules,
  look: (stat: FileStat) => void,
): SharedMemory | null {
  let removed = false;
  try {
    if (rules.make !== null) makeOnce(libc, name, rules.make);
    const memory = SharedMemory.open(libc, name, {
      mostBytes: ABI.REGION_BYTES_MAX,
      admit: (stat) => {
        removed = stat.links === 0;
        admit(name, stat, rules);
        look(stat);
      },
    });
    if (!removed) return memory;
    memory.close();
    return null;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.code === "ENOENT") return null;
    throw explainSyscall(name, error);
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

function explainSyscall(name: string, error: SyscallError): CommandError {
  const todo = REMEDIES[error.code] ??
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
