// SPDX-License-Identifier: MIT
/**
 * Getting hold of the region: it may not be there yet, or not formatted yet.
 *
 * @module
 */
import { SyscallError } from "../ffi/errors.ts";
import type { Libc } from "../ffi/libc.ts";
import { SharedMemory, shmName } from "../ffi/shm.ts";
import {
  RingCorruptError,
  RingFormatError,
  RingVersionError,
} from "../ring/errors.ts";
import { readHeader } from "../ring/header.ts";
import { CommandError, UsageError } from "./errors.ts";
import type { Messages } from "./messages.ts";
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
  { name, open }: WaitOptions<Reader>,
): Attached<Reader> | string {
  const memory = openMemory(libc, name);
  if (memory === null) return `no shared memory object ${name} yet`;
  let kept = false;
  try {
    if (memory.bytes === 0) return `${name} has no size yet`;
    if (readHeader(memory.buffer) === null) return unformatted(name);
    const reader = open(memory.buffer);
    kept = true;
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
function openMemory(libc: Libc, name: string): SharedMemory | null {
  try {
    return SharedMemory.open(libc, name);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.code === "ENOENT") return null;
    throw explainSyscall(name, error);
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

function explainSyscall(name: string, error: SyscallError): CommandError {
  const todo = error.code === "EACCES"
    ? "run as a user who may read it"
    : "check that -s names a shared memory object";
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
