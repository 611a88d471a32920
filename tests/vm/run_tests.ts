// SPDX-License-Identifier: MIT
/**
 * `deno task test:vm`: every virtual machine test on a kernel of each series
 * that is wanted, or only on the one that IVRING_VM_KERNEL names. A series
 * that is not installed is told; with IVRING_REQUIRE_VM=1 it is a failure.
 *
 * Arguments are handed on to `deno test`, such as a file or `--filter`.
 *
 * @module
 */
import { denoTest, tellSkipped } from "../tools/test_runner.ts";
import { installCommand, type Kernel, wantedKernels } from "./kernel.ts";

/**
 * Run on the first kernel only, as another one would change nothing: what they
 * are about. The driver has the same sources for all of it, and what is built
 * upon the kernel's version is tested on each by the others.
 */
const ON_FIRST_ONLY = {
  "binary_test.ts": "the executable on the host",
  "loss_test.ts": "rings that are overwritten: tests/guest has more of it",
  "lossless_test.ts": "words in shared memory, and the host's processes",
  "migration_test.ts": "QEMU, and the readers' cursors",
  "record_test.ts": "the host's trace files",
  "rewind_test.ts": "QEMU's snapshots, and the reader",
};

/**
 * @param kernel Null where there is none: the tests then tell what to do.
 * @param isFirst Whether none was tested before.
 */
async function testOn(
  kernel: Kernel | null,
  args: readonly string[],
  isFirst: boolean,
): Promise<number> {
  console.log(`Kernel: ${kernel?.release ?? "none"}`);
  const named = args.some((arg) => arg.startsWith("tests/"));
  const leftOut = isFirst || named ? [] : Object.keys(ON_FIRST_ONLY);
  for (const name of leftOut) console.log(`  without ${name}`);
  const env: Record<string, string> = kernel === null ? {} : {
    IVRING_VM_KERNEL: kernel.vmlinuz,
    IVRING_VM_HEADERS: kernel.headers,
  };
  const ignored = leftOut.map((name) => `tests/vm/${name}`);
  const { code, skipped } = await denoTest([
    ...(ignored.length > 0 ? [`--ignore=${ignored}`] : []),
    ...args,
    ...(named ? [] : ["tests/vm/"]),
  ], env);
  tellSkipped(skipped);
  return code;
}

/** @returns The exit code. */
async function run(args: readonly string[]): Promise<number> {
  const { kernels, missingSeries } = wantedKernels();
  const required = Deno.env.get("IVRING_REQUIRE_VM") === "1";
  let failed = false;
  let isFirst = true;
  for (const kernel of kernels.length > 0 ? kernels : [null]) {
    // One kernel's failure may be the other's too: both are told.
    failed = await testOn(kernel, args, isFirst) !== 0 || failed;
    isFirst = false;
  }
  for (const series of missingSeries) {
    const why = `not installed; as root run: ${installCommand(series)}`;
    console.log(`${required ? "FAILED" : "Skipped:"} Linux ${series}: ${why}`);
    failed ||= required;
  }
  return failed ? 1 : 0;
}

if (import.meta.main) Deno.exit(await run(Deno.args));
