// SPDX-License-Identifier: MIT
/**
 * Builds the module that records in a loop, for the kernel that is booted.
 *
 * @module
 */
import { ROOT } from "../../packaging/root.ts";
import { run } from "../vm/run.ts";
import type { GuestKernel } from "./table_guest.ts";

const SOURCES = `${ROOT}/tests/bench/kernel`;

/**
 * Builds the module.
 *
 * @param folder The folder for it, which is made here.
 * @returns The module's path.
 * @throws {Error} with the compiler's messages if it does not build.
 */
export async function buildCostModule(
  { kernel, built }: GuestKernel,
  folder: string,
): Promise<string> {
  Deno.mkdirSync(folder);
  for (const name of ["Kbuild", "ivring_cost.c", "ivring_cost_event.h"]) {
    Deno.copyFileSync(`${SOURCES}/${name}`, `${folder}/${name}`);
  }
  await run([
    ...["make", "-C", kernel.headers, `M=${folder}`, "modules"],
    `KBUILD_EXTRA_SYMBOLS=${built.folder}/guest/Module.symvers`,
    `KCFLAGS=-Werror -I${built.folder}/guest`,
    // Type information for BPF would need pahole if the headers include
    // vmlinux.
    "CONFIG_DEBUG_INFO_BTF_MODULES=",
  ], { cwd: folder });
  return `${folder}/ivring_cost.ko`;
}
