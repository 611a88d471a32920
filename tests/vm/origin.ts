// SPDX-License-Identifier: MIT
/**
 * Kernels that this machine's own release of Debian does not have, or not for
 * the guest's processor: where each comes from, and where it is unpacked.
 *
 * @module
 */
import type { Architecture } from "./architecture.ts";
import { cacheFolder } from "./cache.ts";

/** Where such a kernel comes from. */
export interface Origin {
  /** The suite's name, such as "trixie-backports". */
  readonly suite: string;
  /** The guest's architecture. */
  readonly architecture: Architecture;
  /** The package that always depends on the newest headers. */
  readonly headers: string;
}

/** Returns the folder in which all of them are unpacked. */
export function unpackedFolder(): string {
  return `${cacheFolder()}/kernels`;
}

/** Returns the folder of the kernel that comes from there, fetched or not. */
export function folderOf({ suite, architecture }: Origin): string {
  return `${unpackedFolder()}/${suite}-${architecture.debian}`;
}
