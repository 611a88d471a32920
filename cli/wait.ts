// SPDX-License-Identifier: MIT
/**
 * Getting hold of the region: it may not be there yet, or not formatted yet.
 *
 * @module
 */
import { SyscallError } from "../ffi/errors.ts";
import type { Libc } from "../ffi/libc.ts";
import { SharedMemory } from "../ffi/shm.ts";
import { makeObject, type MakeOptions, shmName } from "../ffi/shm_object.ts";
import type { FileStat } from "../ffi/stat.ts";
import {
  RingCorruptError,
  RingFormatError,
  RingVersionError,
} from "../ring/errors.ts";
import { readHeader } from "../ring/header.ts";
import { ABI } from "../ring/layout.ts";
import { CommandError, UsageError } from "./errors.ts";
import type { Messages } from "./messages.ts";
import { admit, exposure, type ObjectRules } from "./objects.ts";
import { IdleSleep } from "./sleep.ts";

/** A mapped region and what reads it. The owner closes the memory. */
export interface Attached<Reader> {
  readonly memory: SharedMemory;
  readonly reader: Reader;
}

/** How to wait. */
export interface WaitOptions<Reader> {
  /** The object, "/NAME" or "NAME". */
  readonly name: string;
  /** What the object has to be like. */
  readonly rules: ObjectRules;
  /** Fail instead of waiting. */
  readonly once: boolean;
  readonly messages: Messages;
  /** Aborted to give up. */
  readonly stop: AbortSignal;
  /** Looked at between tries; returns true to give up. */
  readonly pointless: () => boolean;
  /** Makes the reader of a region that is formatted. */
  readonly open: (buffer: ArrayBuffer) => Reader;
}

/**
 * Maps the object and attaches to the region, waiting for both. Tells once
 * what it waits for.
 *
 * @returns Null where it gave up.
 * @throws {UsageError} where the name is impossible.
 * @throws {CommandError} naming the object and what to do.
 */
export async function attach<Reader>(
  libc: Libc,
  options: WaitOptions<Reader>,
): Promise<Attached<Reader> | null> {
  checkName(options.name);
  const idle = new IdleSleep();
  let told = "";
  while (!options.stop.aborted && !options.pointless()) {
    // Opened anew each time: whoever made the object may make it again.
    const found = tryAttach(libc, options);
    if (typeof found !== "string") return found;
    if (options.once) throw new CommandError(explainOnce(options.name, found));
    if (found !== told) options.messages.note(`waiting: ${found}`);
    told = found;
    await idle.sleep(options.stop);
  }
  return null;
}

/** @returns What is missing, or the region. */
function tryAttach<Reader>(
  libc: Libc,
  options: WaitOptions<Reader>,
): Attached<Reader> | string {
  const { name, open, messages } = options;
  let warning: string | null = null;
  const memory = openMemory(libc, name, options.rules, (stat) => {
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

function checkName(name: string): void {
  try {
    shmName(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`option -s, --shm: ${error.message}`);
  }
}

function explainOnce(name: string, missing: string): string {
  const todo = missing === unformatted(name)
    ? "load the ivring driver in the guest"
    : "start the virtual machine first, or check the name";
  return `${missing}: ${todo}; without --once the reader waits`;
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
