// SPDX-License-Identifier: MIT
/**
 * The driver's sources: what is copied, built, changed for controls, and looked
 * through.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";

/** Below `guest/`; the samples are modules of their own. */
const FOLDERS = ["", "core/"];

const SOURCE = /\.[ch]$|^(Kbuild|Kconfig|Makefile|dkms\.conf)$/;

/** What a build leaves beside the sources. */
const GENERATED = /\.mod\.c$/;

/** Names of the sources in a folder of kernel or C code, sorted. */
export function sourcesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name, isFile }) =>
      isFile && SOURCE.test(name) && !GENERATED.test(name)
    )
    .map(({ name }) => name).sort();
}

/** Names below `guest/`, such as "core/ring.c", sorted. */
export function driverFiles(): string[] {
  return FOLDERS.flatMap((folder) =>
    sourcesIn(`${ROOT}/guest/${folder}`).map((name) => folder + name)
  ).sort();
}

/** Those of them that the compiler is given. */
export function driverSources(): string[] {
  return driverFiles().filter((name) => name.endsWith(".c"));
}
