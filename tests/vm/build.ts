// SPDX-License-Identifier: MIT
/**
 * Builds the driver, the test module and the test program, outside the source
 * tree.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";
import { copyDriver } from "../support/driver_copy.ts";
import { driverFiles, sourcesIn } from "../support/driver_files.ts";
import { cacheFolder } from "./cache.ts";
import type { Kernel } from "./kernel.ts";
import { run } from "./run.ts";

/** What was built; all of it lies below `folder`. */
export interface Built {
  readonly folder: string;
  /** The driver. */
  readonly ivringKo: string;
  /**
   * The output of make, gcc with W=1, and sparse; see {@linkcode checkDriver}.
   */
  readonly driverLog: string;
  /** The test module. */
  readonly testKo: string;
  /** The module that panics. */
  readonly crashKo: string;
  /** The module whose events are interrupted. */
  readonly nestKo: string;
  /** The module that interrupts and kills probes. */
  readonly tapTestKo: string;
  /** The static test program. */
  readonly ivtest: string;
}

/** The folders of the test module and the test program. */
const MODULE = `${ROOT}/tests/vm/module`;
const PROGRAM = `${ROOT}/tests/vm/program`;

/** The name of the driver's log in the build folder. */
const DRIVER_LOG = "driver.log";

async function copyAll(
  names: readonly string[],
  from: string,
  to: string,
): Promise<void> {
  for (const name of names) {
    await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  await copyAll(sourcesIn(from), from, to);
}

/**
 * Makes something of a copy of the driver.
 *
 * @param headers Build directory of the kernel's headers.
 * @param target A target of the driver's Makefile.
 * @returns The output of make.
 * @throws {Error} with that output if it does not build.
 */
export function makeDriver(
  headers: string,
  folder: string,
  target: string,
): Promise<string> {
  return run([
    ...["make", `-j${navigator.hardwareConcurrency}`, "-C", folder, target],
    `KDIR=${headers}`,
    // Type information for BPF would need pahole if the headers include
    // vmlinux.
    "CONFIG_DEBUG_INFO_BTF_MODULES=",
  ], { cwd: folder });
}

/**
 * Builds a copy of the driver. Every warning of the compiler is an error.
 *
 * @param headers Build directory of the kernel's headers.
 * @returns The output of make, gcc with W=1, and sparse.
 * @throws {Error} with that output if it does not build.
 */
export function checkDriver(headers: string, folder: string): Promise<string> {
  return makeDriver(headers, folder, "check");
}

/** Warnings of make that appear if the host's clock is set during a build. */
const OF_THE_CLOCK = /^make.*(Clock skew|modification time .* in the future)/;

/** Returns those lines of a build's output that warn of something. */
export function warningsIn(said: string): string[] {
  return said.split("\n").filter((line) =>
    /\b(warning|error):/i.test(line) && !OF_THE_CLOCK.test(line)
  );
}

async function buildAll(kernel: Kernel, folder: string): Promise<void> {
  copyDriver(`${folder}/guest`);
  const ofDriver = await checkDriver(kernel.headers, `${folder}/guest`);
  await Deno.writeTextFile(`${folder}/${DRIVER_LOG}`, ofDriver);
  await copyFolder(MODULE, `${folder}/module`);
  await copyFolder(PROGRAM, `${folder}/program`);
  const ofModules = await run([
    "make",
    "-C",
    kernel.headers,
    `M=${folder}/module`,
    `KBUILD_EXTRA_SYMBOLS=${folder}/guest/Module.symvers`,
    "CONFIG_DEBUG_INFO_BTF_MODULES=",
    "W=1",
    "C=2",
    "KCFLAGS=-Werror",
    "modules",
  ], { cwd: folder });
  const warnings = warningsIn(ofDriver + ofModules);
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
  await run([
    // It is static because the guest has no C library.
    ...[
      `${kernel.architecture.toolPrefix}gcc`,
      "-static",
      "-O2",
      "-Wall",
      "-Wextra",
      "-Werror",
    ],
    ...["-o", `${folder}/ivtest`, `${folder}/program/ivtest.c`],
  ]);
}

async function sourcesHash(kernel: Kernel): Promise<string> {
  let all = `${kernel.release}\0`;
  const add = async (folder: string, names: readonly string[]) => {
    for (const name of names) {
      all += `${name}\0${await Deno.readTextFile(`${folder}/${name}`)}\0`;
    }
  };
  await add(`${ROOT}/guest`, driverFiles());
  for (const folder of [MODULE, PROGRAM]) await add(folder, sourcesIn(folder));
  const bytes = new TextEncoder().encode(all);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.slice(0, 8).toHex();
}

async function dropOldBuilds(): Promise<void> {
  const dayAgo = Date.now() - 86_400_000;
  for await (const { name } of Deno.readDir(cacheFolder())) {
    const path = `${cacheFolder()}/${name}`;
    try {
      const { mtime } = await Deno.stat(path);
      if (name.startsWith("build-") && (mtime?.getTime() ?? 0) < dayAgo) {
        await Deno.remove(path, { recursive: true });
      }
    } catch (error) {
      // A run in another checkout, which uses the same folder, has removed it
      // first.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/**
 * Returns all that guests are given, and builds it if the sources have changed
 * since the last build. Each test file runs by itself, and a build takes
 * seconds.
 *
 * @throws {Error} with the compiler's messages if it does not build.
 */
export async function builtOnce(kernel: Kernel): Promise<Built> {
  const name = `build-${kernel.release}-${await sourcesHash(kernel)}`;
  const folder = `${cacheFolder()}/${name}`;
  const built = {
    folder,
    ivringKo: `${folder}/guest/ivring.ko`,
    driverLog: `${folder}/${DRIVER_LOG}`,
    testKo: `${folder}/module/ivring_test.ko`,
    crashKo: `${folder}/module/ivring_crash.ko`,
    nestKo: `${folder}/module/ivring_nest.ko`,
    tapTestKo: `${folder}/module/ivring_tap_test.ko`,
    ivtest: `${folder}/ivtest`,
  };
  try {
    await Deno.utime(folder, new Date(), new Date()); // in use, not old
    return built;
  } catch {
    // not built yet
  }
  await Deno.mkdir(cacheFolder(), { recursive: true });
  await dropOldBuilds();
  const partial = await Deno.makeTempDir({ prefix: "ivring-vm-build-" });
  try {
    await buildAll(kernel, partial);
    await run(["cp", "-r", partial, `${folder}.${Deno.pid}`]);
    // The folder is complete or not there at all. Whoever comes second uses the
    // first one's.
    await Deno.rename(`${folder}.${Deno.pid}`, folder).catch(() =>
      Deno.remove(`${folder}.${Deno.pid}`, { recursive: true })
    );
  } finally {
    await Deno.remove(partial, { recursive: true });
  }
  return built;
}
