// SPDX-License-Identifier: MIT
/**
 * Brings a program of the host's into a guest, which has no C library, with the
 * shared libraries that it needs.
 *
 * @module
 */
import { run } from "./run.ts";

/** Where programs for x86-64 expect the dynamic loader. */
const LOADER = "/lib64/ld-linux-x86-64.so.2";
/** Where the guest's loader looks for libraries. */
const LIBRARIES = "/lib/x86_64-linux-gnu";

/** Programs with their libraries. */
export interface DynamicPrograms {
  /** What the guest's file system must contain at its root, by name. */
  readonly files: Record<string, string>;
  /** The command that puts these files into their places in the guest. */
  readonly install: string;
}

/**
 * Finds what programs need.
 *
 * @param programs Absolute paths.
 * @throws {Error} if `ldd` cannot say what one of them needs.
 */
export async function dynamicPrograms(
  programs: readonly string[],
): Promise<DynamicPrograms> {
  const text = await run(["ldd", ...programs]);
  const libraries = Object.fromEntries(
    [...text.matchAll(/ => (\/\S+)/g)].map(([, path]) =>
      [nameOf(path), path] as const
    ),
  );
  const own = Object.fromEntries(programs.map((path) => [nameOf(path), path]));
  const moves = programs.map((path) => {
    const folder = path.slice(0, path.lastIndexOf("/"));
    return `mkdir -p ${folder} && mv ${nameOf(path)} ${path}`;
  });
  return {
    files: { ld: LOADER, ...libraries, ...own },
    install: [
      `mkdir -p /lib64 ${LIBRARIES} && mv ld ${LOADER}`,
      `mv ${Object.keys(libraries).join(" ")} ${LIBRARIES}/`,
      ...moves,
    ].join(" && "),
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
