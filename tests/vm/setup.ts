// SPDX-License-Identifier: MIT
/**
 * `deno task setup:vm`: installs what tests need, as root, fetches the kernels
 * that this machine's own Debian does not have, and builds what guests boot, so
 * that the first test does not wait for it. `.ci/run` begins with it.
 *
 * What cannot be had is reported, and the tests that need it are skipped; with
 * IVRING_REQUIRE_VM=1 it is a failure.
 *
 * @module
 */
import {
  ARM64_PACKAGES,
  HOST_PACKAGES,
  KERNEL_PACKAGES,
  VM_PACKAGES,
} from "../tools/packages.ts";
import { installPackages, notInstalled } from "./apt.ts";
import { builtOnce } from "./build.ts";
import { findTool, howToGet, wantedKernels, whatIsMissing } from "./kernel.ts";
import { run } from "./run.ts";
import { fetchKernel } from "./unpacked.ts";
import { bootableKernel } from "./vmlinux.ts";

const PACKAGES: readonly string[] = [
  ...VM_PACKAGES,
  ...ARM64_PACKAGES,
  ...HOST_PACKAGES,
  ...Object.values(KERNEL_PACKAGES).flat(),
];

function say(text: string): void {
  console.error(`setup: ${text}`);
}

async function isRoot(): Promise<boolean> {
  // Deno.uid would need a permission that no other task needs.
  return findTool("id") !== null && (await run(["id", "-u"])).trim() === "0";
}

/**
 * Installs the packages that are missing.
 *
 * @returns Whether all of them are installed.
 */
async function install(packages: readonly string[]): Promise<boolean> {
  if (findTool("apt-get") === null) {
    say("no apt-get: install by hand what Debian has as");
    say(packages.join(" "));
    return false;
  }
  const missing = await notInstalled(packages);
  if (missing.length === 0) return true;
  if (!await isRoot()) {
    say("not root, so nothing is installed; as root run:");
    say(`apt-get install --no-install-recommends ${missing.join(" ")}`);
    return false;
  }
  try {
    const nowhere = await installPackages(missing, say);
    if (nowhere.length > 0) say(`this Debian has no ${nowhere.join(" ")}`);
    return nowhere.length === 0;
  } catch (error) {
    say(error instanceof Error ? error.message : `${error}`);
    return false;
  }
}

/** Fetches the wanted kernels that are missing and that no package installs. */
async function fetchMissing(): Promise<void> {
  for (const { origin } of wantedKernels().missing) {
    if (origin === null) continue;
    try {
      await fetchKernel(origin, say);
    } catch (error) {
      say(error instanceof Error ? error.message : `${error}`);
    }
  }
}

/**
 * Makes the kernels bootable, and builds what guests are given.
 *
 * @returns Whether all could be built.
 */
async function prepare(): Promise<boolean> {
  let isBuilt = true;
  for (const { kernel } of wantedKernels().kernels) {
    say(`preparing Linux ${kernel.release}`);
    try {
      say(`boots ${await bootableKernel(kernel)}`);
      say(`built ${(await builtOnce(kernel)).folder}`);
    } catch (error) {
      say(error instanceof Error ? error.message : `${error}`);
      isBuilt = false;
    }
  }
  return isBuilt;
}

/**
 * Does all of this.
 *
 * @returns The exit code.
 */
async function setup(): Promise<number> {
  const isInstalled = await install(PACKAGES);
  await fetchMissing();
  const missing = whatIsMissing();
  if (missing !== null) {
    say(missing);
    return 1;
  }
  const isBuilt = await prepare();
  const left = wantedKernels().missing;
  for (const series of left) {
    say(`no Linux ${series.name}: ${howToGet(series)}`);
  }
  if (!isBuilt) return 1;
  const isWhole = isInstalled && left.length === 0;
  return isWhole || Deno.env.get("IVRING_REQUIRE_VM") !== "1" ? 0 : 1;
}

if (import.meta.main) Deno.exit(await setup());
