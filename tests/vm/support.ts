// SPDX-License-Identifier: MIT
/**
 * Declares tests with virtual machines, and provides what they need.
 *
 * @module
 */
import { missingReason, skippedName } from "../tools/skipping.ts";
import { type Built, builtOnce } from "./build.ts";
import { findKernel, INSTALL_COMMAND, missingParts } from "./kernel.ts";

/**
 * Returns the files for a guest: the driver, the test modules, the test
 * program.
 */
export function guestFiles(built: Built): Record<string, string> {
  return {
    "ivring.ko": built.ivringKo,
    "ivring_test.ko": built.testKo,
    "ivring_crash.ko": built.crashKo,
    "ivring_nest.ko": built.nestKo,
    "ivtest": built.ivtest,
  };
}

/** A shell command for the guest that loads both modules. */
export const LOAD = "insmod ivring.ko && insmod ivring_test.ko";

/**
 * Declares a test that boots a guest. If something for that is missing, the
 * test is skipped, and its name says what is missing; with IVRING_REQUIRE_VM=1
 * it fails instead.
 *
 * @param lacking Packages that this test also needs, and that are missing.
 */
export function vmTest(
  name: string,
  fn: (built: Built, t: Deno.TestContext) => Promise<void>,
  lacking: readonly string[] = [],
): void {
  const missing = missingReason([...missingParts(), ...lacking]);
  const required = Deno.env.get("IVRING_REQUIRE_VM") === "1";
  Deno.test({
    name: skippedName(name, missing),
    ignore: missing !== "" && !required,
    fn: async (t) => {
      const kernel = findKernel();
      if (missing !== "" || kernel === null) {
        throw new Error(
          `IVRING_REQUIRE_VM=1, but ${missing}: ${INSTALL_COMMAND}`,
        );
      }
      await fn(await builtOnce(kernel), t);
    },
  });
}

/**
 * Returns the numbers of lines such as `cpu=0 user=5000`, one object for each
 * line.
 */
export function parseFigures(text: string): Record<string, number>[] {
  return text.trim().split("\n").map((line) =>
    Object.fromEntries(
      [...line.matchAll(/(\w+)=(-?\d+)/g)].map((m) => [m[1], Number(m[2])]),
    )
  );
}
