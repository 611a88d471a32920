// SPDX-License-Identifier: MIT
/**
 * `deno task test`: every test that needs no virtual machine, then what was
 * skipped and why.
 *
 * Arguments are handed on to `deno test`, such as a file or `--filter`.
 *
 * @module
 */
import { denoTest, tellSkipped } from "./test_runner.ts";
import { ROOT } from "./root.ts";

/** Folders of tests that this task leaves out, and why. */
const LEFT_OUT = {
  "tests/vm": "needs QEMU and a guest kernel; run `deno task test:vm`",
  "tests/systemtap": "takes minutes; run `deno task test:systemtap`",
};

async function run(args: readonly string[]): Promise<number> {
  const named = args.some((arg) => arg.startsWith("tests/"));
  const { code, skipped } = await denoTest([
    `--ignore=${Object.keys(LEFT_OUT)}`,
    ...args,
    ...(named ? [] : ["tests/"]),
  ]);
  console.log("Skipped:");
  for (const [folder, why] of Object.entries(LEFT_OUT)) {
    if (exists(folder)) console.log(`  ${folder}: ${why}`);
  }
  tellSkipped(skipped);
  return code;
}

function exists(folder: string): boolean {
  try {
    return Deno.statSync(`${ROOT}/${folder}`).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) Deno.exit(await run(Deno.args));
