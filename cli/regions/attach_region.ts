// SPDX-License-Identifier: MIT
/**
 * Attaches to a region, which may not be there yet, or not be formatted yet.
 *
 * @module
 */
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import {
  makeObject,
  type MakeOptions,
  OBJECTS_FOLDER,
  shmName,
} from "../../ffi/shm_object.ts";
import { statPath } from "../../ffi/stat.ts";
import {
  RingCorruptError,
  RingFormatError,
  RingUnformattedError,
  RingVersionError,
} from "../../ring/errors.ts";
import { readHeader, type RegionInfo } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import { CommandError } from "../errors.ts";
import { explained } from "../console/explain.ts";
import type { Messages } from "../console/messages.ts";
import { userText } from "../console/users_and_processes.ts";
import { admit, exposure, type ObjectRules } from "./objects.ts";

/** What a region lacks before it can be read. */
export class Missing {
  /**
   * @param what What is missing: the object, its size, or the guest's format.
   * @param text The same for people.
   */
  constructor(
    readonly what: "object" | "size" | "format",
    readonly text: string,
  ) {}

  /** What to do about it if the reader does not wait. */
  get todo(): string {
    return this.what === "format"
      ? "load the ivring driver in the guest"
      : "start the virtual machine first, or check the name";
  }
}

/** A mapped region and what reads it. The owner closes the memory. */
export interface Attached<Reader> {
  readonly memory: SharedMemory;
  readonly reader: Reader;
}

/** Which object to attach to. */
export interface AttachOptions {
  /** The object, "/NAME" or "NAME". */
  readonly name: string;
  /** The rules that the object has to meet. */
  readonly rules: ObjectRules;
  readonly messages: Messages;
  /** Whether `name` is the path of a file that holds a copy of an object. */
  readonly image?: boolean;
  /** Whether the host pages will be written to. */
  readonly writable?: boolean;
  /** The object's memory, if it is mapped already; the caller closes it. */
  readonly memory?: SharedMemory;
}

/**
 * Maps the object and attaches to the region, if both are there.
 *
 * @param open Makes the reader of a formatted region, given its header. If it
 * reads the header again and there is none any more, it throws
 * {RingUnformattedError}.
 * @returns The region, or what is missing.
 * @throws {CommandError} naming the object and what to do.
 */
export function tryAttach<Reader>(
  libc: Libc,
  options: AttachOptions,
  open: (memory: SharedMemory, info: RegionInfo) => Reader,
): Attached<Reader> | Missing {
  const { name, image } = options;
  const found = options.memory === undefined
    ? image ? openImage(libc, name) : openMemory(libc, options)
    : { memory: options.memory, warning: null };
  if (found === null) {
    return new Missing("object", `no shared memory object ${name} yet`);
  }
  const { memory, warning } = found;
  let kept = options.memory !== undefined;
  try {
    if (memory.bytes === 0) {
      if (image) throw new CommandError("is empty", { subject: name });
      return new Missing("size", `${name} has no size yet`);
    }
    const info = readHeader(memory.buffer);
    if (info === null) throw new RingUnformattedError();
    const reader = open(memory, info);
    kept = true;
    if (warning !== null) options.messages.noteOnce(`${name} ${warning}`);
    return { memory, reader };
  } catch (error) {
    if (!(error instanceof RingUnformattedError)) {
      throw explainRegion(name, error, image);
    }
    return new Missing("format", `no guest has formatted ${name} yet`);
  } finally {
    if (!kept) memory.close();
  }
}

/**
 * An object's memory, and a warning about an object that is read all the same.
 */
export interface Opened {
  readonly memory: SharedMemory;
  /** The warning, worded to follow the object's name; null for none. */
  readonly warning: string | null;
}

/** Maps a copy, a file that the user has chosen: its owner is not checked. */
function openImage(libc: Libc, path: string): Opened {
  try {
    const mostBytes = ABI.REGION_BYTES_MAX;
    const memory = SharedMemory.openFile(libc, path, { mostBytes });
    return { memory, warning: null };
  } catch (error) {
    throw explained(error, "--image");
  }
}

/**
 * Maps an object that meets the rules, and makes it first if they say so.
 *
 * @returns Null if there is no such object.
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
        admit(libc, name, stat, rules);
        warning = exposure(stat);
      },
    });
    if (!removed) return { memory, warning };
    memory.close();
    return null;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.code === "ENOENT") return null;
    throw explainSyscall(libc, name, error, writable);
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

/** What to do about a call that failed, by its reason. */
const REMEDIES: Readonly<Record<string, string>> = {
  EPERM: "run as root",
  ENOSPC: "make room in /dev/shm",
  ENXIO: "it is a socket: remove it, or check -s",
  EMFILE: "let this process open more files (ulimit -n)",
  ENFILE: "let this host open more files (sysctl fs.file-max)",
  ENOMEM: "let this process have more memory (ulimit -v, the memory cgroup)",
};

function explainSyscall(
  libc: Libc,
  name: string,
  error: SyscallError,
  writable: boolean,
): CommandError {
  const todo = error.code === "EACCES"
    ? accessText(libc, name, writable)
    : REMEDIES[error.code] ?? "check that -s names a shared memory object";
  const { reason } = error;
  return new CommandError(reason, { subject: name, todo, cause: error });
}

/** Says who may use an object that this user may not use. */
function accessText(libc: Libc, name: string, writable: boolean): string {
  const who = ownerText(libc, name);
  return writable
    ? `run as ${who}, who may write to it: --server and --lossless do`
    : `run as ${who}, who may read it`;
}

function ownerText(libc: Libc, name: string): string {
  try {
    const uid = statPath(libc, OBJECTS_FOLDER + shmName(name))?.uid ?? 0;
    return uid === 0 ? "root" : `${userText(libc, uid)} or root`;
  } catch {
    return "root";
  }
}

/**
 * Adds the object's name, and what to do, to an error of its region.
 *
 * @param image Whether it is a copy in a file.
 * @returns The error to throw; any other error is returned as it is.
 */
export function explainRegion(
  name: string,
  error: unknown,
  image = false,
): unknown {
  const about = (todo: string) =>
    new CommandError((error as Error).message, {
      subject: name,
      todo,
      cause: error,
    });
  if (error instanceof RingFormatError) {
    return about(
      image
        ? "check that --image names a copy of an object"
        : "check that -s names the object of the guest's ivshmem device",
    );
  }
  if (error instanceof RingCorruptError) {
    return about(
      image
        ? "copy the object again"
        : "load the ivring driver again, so that it formats the region",
    );
  }
  return error instanceof RingVersionError ? about("") : error;
}

/** Tells whether an error says that a region's header cannot be read. */
export function isHeaderError(error: unknown): boolean {
  return error instanceof RingFormatError ||
    error instanceof RingCorruptError || error instanceof RingVersionError;
}
