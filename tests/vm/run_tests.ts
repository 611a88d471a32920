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

/** @param kernel Null where there is none: the tests then tell what to do. */
async function testOn(
  kernel: Kernel | null,
  args: readonly string[],
): Promise<number> {
  console.log(`Kernel: ${kernel?.release ?? "none"}`);
  const named = args.some((arg) => arg.startsWith("tests/"));
  const env: Record<string, string> = kernel === null ? {} : {
    IVRING_VM_KERNEL: kernel.vmlinuz,
    IVRING_VM_HEADERS: kernel.headers,
  };
  const { code, skipped } = await denoTest(
    named ? args : [...args, "tests/vm/"],
    env,
  );
  tellSkipped(skipped);
  return code;
}

/** @returns The exit code. */
async function run(args: readonly string[]): Promise<number> {
  const { kernels, missingSeries } = wantedKernels();
  const required = Deno.env.get("IVRING_REQUIRE_VM") === "1";
  let failed = false;
  for (const kernel of kernels.length > 0 ? kernels : [null]) {
    // One kernel's failure may be the other's too: both are told.
    failed = await testOn(kernel, args) !== 0 || failed;
  }
  for (const series of missingSeries) {
    const why = `not installed; as root run: ${installCommand(series)}`;
    console.log(`${required ? "FAILED" : "Skipped:"} Linux ${series}: ${why}`);
    failed ||= required;
  }
  return failed ? 1 : 0;
}

if (import.meta.main) Deno.exit(await run(Deno.args));
