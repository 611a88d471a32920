// SPDX-License-Identifier: MIT
/**
 * Looks for other projects' programs, which some tests need.
 *
 * @module
 */

import { missingReason, skippedName } from "../tools/skipping.ts";

/**
 * Tells whether a program is installed, which IVRING_REQUIRE_NAME=1 demands.
 *
 * @param name The program, which must know `--version`.
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

/**
 * Registers a test that needs such a program. If it is missing, the test is
 * ignored, and its name says so.
 */
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
