// SPDX-License-Identifier: MIT
/**
 * Kernels that this machine's own release of Debian does not have, or not for
 * its processor: where each comes from, and where it is unpacked.
 *
 * @module
 */
import type { Architecture } from "./architecture.ts";
import { cacheFolder } from "./cache.ts";

/** Where such a kernel comes from. */
export interface Origin {
  /** Such as "trixie-backports". */
  readonly suite: string;
  /** Of the guest. */
  readonly architecture: Architecture;
  /** The package that always depends on the newest headers. */
  readonly headers: string;
}

/** Where all of them are unpacked. */
export function unpackedFolder(): string {
  return `${cacheFolder()}/kernels`;
}

/** The folder of the kernel that comes from there, fetched or not. */
export function folderOf({ suite, architecture }: Origin): string {
  return `${unpackedFolder()}/${suite}-${architecture.debian}`;
}
