// SPDX-License-Identifier: MIT
/**
 * `deno task test`: every test that needs no virtual machine, then what was
 * skipped and why.
 *
 * Arguments are handed on to `deno test`, such as a file or `--filter`.
 *
 * @module
 */
import { denoTest, tellSkipped, type Tested } from "./test_runner.ts";
import { ROOT } from "./root.ts";

/** Folders of tests that this task leaves out, and why. */
const LEFT_OUT = {
  "tests/vm": "needs QEMU and a guest kernel; run `deno task test:vm`",
  "tests/systemtap": "takes minutes; run `deno task test:systemtap`",
};

/**
 * C programs, compilers and Spin: these tests keep a processor busy about as
 * long as all the others, which wait often, keep another.
 */
const BESIDE = ["tests/guest", "tests/model", "tests/packaging"];

/** Runs the tests of the folders beside all the others, and shows them last. */
async function both(args: readonly string[]): Promise<Tested> {
  const ignored = [...Object.keys(LEFT_OUT), ...BESIDE];
  const later: string[] = [];
  const [others, beside] = await Promise.all([
    denoTest([`--ignore=${ignored}`, ...args, "tests/"]),
    denoTest([...args, ...BESIDE], {}, (line) => later.push(line)),
  ]);
  for (const line of later) console.log(line);
  return {
    code: others.code || beside.code,
    skipped: [...others.skipped, ...beside.skipped],
  };
}

async function run(args: readonly string[]): Promise<number> {
  const named = args.some((arg) => arg.startsWith("tests/"));
  const { code, skipped } = await (named ? denoTest(args) : both(args));
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
