// SPDX-License-Identifier: MIT
/**
 * `deno task setup:vm`: installs what the virtual machine tests need where it
 * may, and builds what they boot, so that the first test does not wait for it.
 *
 * @module
 */
import { builtOnce } from "./build.ts";
import {
  findTool,
  INSTALL_COMMAND,
  installCommand,
  PACKAGES,
  packagesOf,
  wantedKernels,
  whatIsMissing,
} from "./kernel.ts";
import { run } from "./run.ts";
import { bootableKernel } from "./vmlinux.ts";

async function apt(...args: string[]): Promise<boolean> {
  console.error(`setup: apt-get ${args.join(" ")}`);
  const { code } = await new Deno.Command("apt-get", {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
  }).output();
  return code === 0;
}

async function isRoot(): Promise<boolean> {
  // Deno.uid would need a permission that no other task does.
  return findTool("id") !== null && (await run(["id", "-u"])).trim() === "0";
}

async function mayInstall(): Promise<boolean> {
  return findTool("apt-get") !== null && await isRoot();
}

// Without recommended packages: a kernel's draw in a boot loader.
const INSTALL = ["install", "-y", "--no-install-recommends"];

/** @returns What is still missing, or null. */
async function install(missing: string): Promise<string | null> {
  if (!(await mayInstall())) {
    return `${missing}; as root run: ${INSTALL_COMMAND}`;
  }
  const installed = await apt("update") && await apt(...INSTALL, ...PACKAGES);
  return installed ? whatIsMissing() : `apt-get failed; ${missing}`;
}

/** Kernels of further series: without them the tests run on those there are. */
async function installSeries(): Promise<void> {
  for (const series of wantedKernels().missingSeries) {
    if (await mayInstall() && await apt(...INSTALL, ...packagesOf(series))) {
      continue;
    }
    console.error(
      `setup: no Linux ${series}; as root run: ${installCommand(series)} ` +
        "(Debian 12's security suite has all of them)",
    );
  }
}

/** @returns The exit code. */
async function setup(): Promise<number> {
  let missing = whatIsMissing();
  if (missing !== null) missing = await install(missing);
  if (missing !== null) {
    console.error(`setup: ${missing}`);
    return 1;
  }
  await installSeries();
  for (const kernel of wantedKernels().kernels) {
    console.error(`setup: preparing Linux ${kernel.release}`);
    console.error(`setup: boots ${await bootableKernel(kernel)}`);
    console.error(`setup: built ${(await builtOnce(kernel)).folder}`);
  }
  return 0;
}

if (import.meta.main) Deno.exit(await setup());
