// SPDX-License-Identifier: MIT
/**
 * Brings a program of the host's into a guest, with the shared libraries that it needs.
 *
 * @module
 */
import { runOk } from "../tools/cc.ts";

/** Returns the last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Returns a program of the host and its libraries for the guest, which has
 * none.
 *
 * @param path The program; the guest starts it with {@linkcode started}.
 */
export function withLibraries(path: string): Record<string, string> {
  const lines = runOk("ldd", [path]);
  const libraries = [...lines.matchAll(/(?:=>|^)\s*(\/\S+) \(0x/gm)]
    .map(([, library]) => library);
  return Object.fromEntries([path, ...libraries].map((p) => [nameOf(p), p]));
}

/** Returns the command that starts such a program in the guest. */
export function started(path: string): string {
  return `./ld-linux-x86-64.so.2 --library-path . ./${nameOf(path)}`;
}
