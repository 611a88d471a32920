// SPDX-License-Identifier: MIT
/**
 * Other projects' programs that some tests need.
 *
 * @module
 */

import { missingReason, skippedName } from "../tools/skipping.ts";

/**
 * Whether a program is there; with IVRING_REQUIRE_NAME=1 it has to be.
 *
 * @param name Of the program; it knows `--version`.
 * @param from The Debian package that has it.
 */
export function haveProgram(name: string, from: string): boolean {
  try {
    new Deno.Command(name, { args: ["--version"], stdout: "null" })
      .outputSync();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    if (Deno.env.get(`IVRING_REQUIRE_${name.toUpperCase()}`) === "1") {
      throw new Error(`${name} is missing: apt-get install ${from}`);
    }
    return false;
  }
}

/** A test that needs such a program; ignored under a name that says so. */
export function programTest(
  name: string,
  program: string,
  from: string,
  fn: () => Promise<void>,
): void {
  const there = haveProgram(program, from);
  Deno.test({
    name: skippedName(name, missingReason(there ? [] : [from])),
    ignore: !there,
    fn,
  });
}
