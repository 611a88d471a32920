// SPDX-License-Identifier: MIT
/**
 * Lists the driver's sources, which are copied, built, changed for controls,
 * and checked.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";

/** The folders below `guest/`; the samples are modules of their own. */
export const DRIVER_FOLDERS: readonly string[] = [
  "",
  "core/",
  "probes/",
  "bpf/",
];

const SOURCE = /\.[ch]$|^(Kbuild|Kconfig|Makefile|dkms\.conf|choose\.sh)$/;

/** Files that a build leaves beside the sources. */
const GENERATED = /\.mod\.c$|^chosen\.h$/;

/** Returns the names of the sources in a folder of kernel or C code, sorted. */
export function sourcesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name, isFile }) =>
      isFile && SOURCE.test(name) && !GENERATED.test(name)
    )
    .map(({ name }) => name).sort();
}

/**
 * Returns the driver's files by their names below `guest/`, such as
 * "core/ring.c", sorted.
 */
export function driverFiles(): string[] {
  return DRIVER_FOLDERS.flatMap((folder) =>
    sourcesIn(`${ROOT}/guest/${folder}`).map((name) => folder + name)
  ).sort();
}

/** Returns the files of which the driver is made; bpf/ is another module. */
export function driverSources(): string[] {
  return driverFiles().filter((name) =>
    name.endsWith(".c") && !name.startsWith("bpf/")
  );
}
